import type { InstanceState } from '../model/instance.ts'
import type { InstanceContext } from './context.ts'

/** Where the vendor of an instance calls us: `…/events/{element key}/{reference}` (spec 40 §4.1). */
export function webhookUrl(
  { publicUrl }: Pick<InstanceContext, 'publicUrl'>,
  elementKey: string,
  instance: Pick<InstanceState, 'id' | 'configuration'>,
): string {
  return `${publicUrl()}/elements/api-v2/events/${encodeURIComponent(elementKey)}/${webhookReference(instance)}`
}

/** What names the instance in that address: standard Base64 of its id. */
export function webhookReference({ id }: Pick<InstanceState, 'id' | 'configuration'>): string {
  return Buffer.from(String(id)).toString('base64')
}
