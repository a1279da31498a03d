import { ValenceError } from '../../errors.ts'
import type { PagePosition } from './page.ts'

/**
 * What a `nextPage` token carries: which list of which instance, where to go on, and the caller's own query, so that
 * the token alone continues correctly (spec 00 §8, 21 §5.1–5.3).
 */
export interface PageToken {
  instanceId: number
  resource: string
  pageSize: number
  position: PagePosition
  query: Record<string, string | string[]>
}

/** Makes a page position opaque and unforgeable. */
export interface PageTokenSeal {
  sealPageToken(text: string): string
  /** undefined: not one of ours */
  openPageToken(token: string): string | undefined
}

/** A token travels in a header, and clients read 16 KB of headers. */
const MAX_CURSOR = 8_000

/** Parameters that a token replaces; the rest of the query is remembered in it. */
const PAGE_PARAMETERS = new Set(['page', 'pageSize', 'nextPage', 'returnCount'])

/** @throws ValenceError VENDOR_REPLY_INVALID for a cursor that no header can carry */
export function sealPageToken(token: PageToken, ports: Pick<PageTokenSeal, 'sealPageToken'>): string {
  const { instanceId, resource, pageSize, position, query } = token
  if ('cursor' in position && position.cursor.length > MAX_CURSOR) {
    throw new ValenceError(
      'VENDOR_REPLY_INVALID',
      `${resource}: the cursor of the next page has ${position.cursor.length} characters; at most ${MAX_CURSOR} fit into a header`,
    )
  }
  return ports.sealPageToken(JSON.stringify([1, instanceId, resource, pageSize, position, query]))
}

/**
 * @throws ValenceError PAGE_TOKEN_INVALID for a damaged or foreign token, or one of another list or filter
 */
export function openPageToken(
  text: string,
  expected: { instanceId: number; resource: string; query: Record<string, string | string[]> },
  ports: Pick<PageTokenSeal, 'openPageToken'>,
): PageToken {
  const opened = ports.openPageToken(text)
  if (opened === undefined) throw invalid('it is damaged or was not issued by this server')
  const [version, instanceId, resource, pageSize, position, query] = JSON.parse(opened) as unknown[]
  const token = { instanceId, resource, pageSize, position, query } as PageToken
  if (version !== 1) throw invalid('it was issued by another version')
  if (token.instanceId !== expected.instanceId || token.resource !== expected.resource) {
    throw invalid(`it belongs to another list, not to ${expected.resource} of this instance`)
  }
  for (const [name, value] of Object.entries(queryOfToken(expected.query))) {
    if (String(token.query[name]) !== String(value)) {
      throw invalid(
        `it was issued for ${name}=${String(token.query[name] ?? '')}, the request says ${name}=${String(value)}`,
      )
    }
  }
  return token
}

export function queryOfToken(query: Record<string, string | string[]>): Record<string, string | string[]> {
  return Object.fromEntries(Object.entries(query).filter(([name, value]) => !PAGE_PARAMETERS.has(name) && value !== ''))
}

function invalid(reason: string): ValenceError {
  return new ValenceError(
    'PAGE_TOKEN_INVALID',
    `nextPage: ${reason}; use the Elements-Next-Page-Token of the previous answer, or start again without nextPage`,
  )
}
