import { ValenceError } from '../errors.ts'
import type { Instance } from './instance.ts'

/** @throws ValenceError INSTANCE_DISABLED (403) */
export function assertEnabled({ id, disabled }: Instance): void {
  if (!disabled) return
  throw new ValenceError('INSTANCE_DISABLED', `Instance ${id} is disabled; PUT /instances/${id}/enabled enables it`)
}
