import { ValenceError } from '../errors.ts'
import { LIMITS } from './limits.ts'

/** @throws ValenceError BODY_INVALID for what one level cannot hold */
export function assertLevelSize(what: string, ...texts: readonly (string | null)[]): void {
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text ?? ''), 0)
  if (bytes <= LIMITS.levelBytes) return
  throw new ValenceError('BODY_INVALID', `The ${what} has ${bytes} bytes, at most ${LIMITS.levelBytes} may be stored`)
}
