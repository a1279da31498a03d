import type { InstanceState } from '../model/instance.ts'
import type { InstanceContext } from './context.ts'
import { webhookReference } from './webhook-reference.ts'

/** Where the vendor of an instance calls us: `…/events/{element key}/{reference}` (spec 40 §4.1). */
export function webhookUrl(
  { publicUrl, store }: Pick<InstanceContext, 'publicUrl' | 'store'>,
  elementKey: string,
  instance: Pick<InstanceState, 'id' | 'configuration'>,
): string {
  const reference = webhookReference(store.cipher, instance)
  return `${publicUrl()}/elements/api-v2/events/${encodeURIComponent(elementKey)}/${reference}`
}
