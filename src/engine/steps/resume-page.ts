import { listName } from '../exchange.ts'
import { openPageToken } from '../paging/page-token.ts'
import type { Step } from '../ports.ts'

/**
 * Opens the caller's `nextPage` token. It remembers the query of the first page, so that the token alone continues
 * correctly (spec 00 §8); it must be open before any parameter is read.
 * @throws ValenceError PAGE_TOKEN_INVALID
 */
export const resumePage: Step = (exchange, ports) => {
  const { call, instance, resource } = exchange
  const given = call.query['nextPage']
  const text = Array.isArray(given) ? given[0] : given
  // the words are what formulas and clients send for an absent variable (spec 21 §5.1)
  if (!text || text === 'null' || text === 'undefined' || resource.paging.by === 'none') return exchange
  const token = openPageToken(text, { instanceId: instance.id, resource: listName(exchange), query: call.query }, ports)
  exchange.pageToken = token
  exchange.call = { ...call, query: { ...token.query, ...call.query } }
  return exchange
}
