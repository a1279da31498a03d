import { ValenceError } from '../errors.ts'
import { isRowId } from '../model/row-id.ts'
import { storableText } from '../model/storable-text.ts'
import { readQuickly } from './read-body.ts'
import { type Reference, readReference } from './read-reference.ts'
import type { ReceivedEvent } from './store-events.ts'

/** For whom a webhook says that it is; an empty list: it does not say. */
export type Named = { token: string } | { instanceIds: readonly number[] }

const POLLING = 'Polling'
const NAMED_BY_HEADER = 'element-instances'
/** No script lists more, and each costs a look. */
const MAX_LISTED = 100

/** `acmecrmPolling` is how results of polls are posted (spec 40 §7.8). */
export function kindOf(text: string): Pick<ReceivedEvent, 'elementKey' | 'kind'> {
  // one key that no database takes would keep all that arrived with it waiting
  const pathKey = storableText(text)
  return pathKey.length > POLLING.length && pathKey.endsWith(POLLING)
    ? { elementKey: pathKey.slice(0, -POLLING.length), kind: 'polling' }
    : { elementKey: pathKey, kind: 'webhook' }
}

/**
 * Spec 40 §4.2, rules 1 to 3: the path, then `Element-Instances`, then, of polled payloads, `instance_id` of the body or the header `Id`.
 *
 * @param reference what followed the element in the path
 * @param headers lower-case names
 * @throws ValenceError PARAMETER_INVALID for a header that lists too many
 */
export function namedBy(
  kind: ReceivedEvent['kind'],
  reference: string | undefined,
  request: Pick<ReceivedEvent, 'headers' | 'query' | 'contentType' | 'body'>,
): Named {
  const read: Reference | undefined = reference === undefined ? undefined : readReference(reference)
  if (read && 'instanceId' in read) return { instanceIds: [read.instanceId] }
  const listed = request.headers[NAMED_BY_HEADER]
  if (listed !== undefined) return { instanceIds: listedIds(listed) }
  if (read) return read
  const polled = kind === 'polling' ? polledId(request) : undefined
  return { instanceIds: polled === undefined ? [] : [polled] }
}

/** What is no id names nobody; no vendor is refused for it (spec 40 §4.2, rule 6). */
function listedIds(header: string): number[] {
  const texts = header.split(',')
  if (texts.length > MAX_LISTED)
    throw new ValenceError('PARAMETER_INVALID', `Element-Instances: expected at most ${MAX_LISTED} ids of instances`)
  return texts.map((text) => idOf(text.trim())).filter((id) => id !== undefined)
}

function polledId(request: Pick<ReceivedEvent, 'headers' | 'query' | 'contentType' | 'body'>): number | undefined {
  const { instance_id: id } = readQuickly(request)
  return idOf(String(id ?? '')) ?? idOf(request.headers['id'] ?? '')
}

function idOf(text: string): number | undefined {
  return /^\d+$/.test(text) && isRowId(Number(text)) ? Number(text) : undefined
}
