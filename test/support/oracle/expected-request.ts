import type { Element, Resource } from '../../../src/model/element.ts'
import { addressOf, fillsOf } from './address.ts'
import { bodyOf, type ExpectedBody, fillTokens, type Placed } from './body.ts'
import { isPagingRow, pagingValue } from './paging.ts'
import { rowsOf } from './rows.ts'
import { asText, membersOf, type OracleCall, plainName, readOrigin, UNKNOWN, type Values } from './values.ts'
import { isWhereRow, placesOfWhere } from './where.ts'

/**
 * What a vendor must be sent for a call, computed from the element format alone (spec 11 §3, §4, §5; 10 §5.1). It
 * shares no code with the engine: where both agree, the format was read the same way twice. Hooks are not run; who
 * compares knows what they may change.
 */
export interface ExpectedRequest {
  method: string
  /** up to the query; `{x}` where nothing fills a placeholder */
  address: string
  query: [name: string, value: string][]
  /** lower-case names; without `user-agent` */
  headers: Record<string, string>
  body: ExpectedBody
}

export function expectedRequest(
  element: Element,
  resource: Resource,
  call: OracleCall,
  configuration: Values,
): ExpectedRequest {
  const rows = rowsOf(element, resource)
  const placed: Placed[] = []
  const whereQuery: [string, string][] = []
  const tokens: Record<string, Placed | string> = {}
  for (const row of rows) {
    const vendorType = row.vendorType.toLowerCase()
    const where = isWhereRow(row) ? placesOfWhere(row) : undefined
    if (where) {
      if (call.query['where'] === undefined) {
        for (const name of Object.keys(where.tokens)) tokens[name] ??= ''
        continue
      }
      whereQuery.push(...where.query)
      if (where.body) placed.push({ row: { ...row, vendorType: 'body' }, value: where.body })
      Object.assign(tokens, where.tokens)
      continue
    }
    const value = isPagingRow(row)
      ? pagingValue(row, resource, call.query, configuration)
      : readOrigin(row, call, configuration)
    if (vendorType === 'bodytoken') tokens[row.vendorName] = { row, value }
    else if (value !== undefined) placed.push({ row, value })
  }
  return assemble(element, resource, call, configuration, { placed, whereQuery, tokens })
}

interface Parts {
  placed: Placed[]
  whereQuery: [string, string][]
  tokens: Record<string, Placed | string>
}

function assemble(
  element: Element,
  resource: Resource,
  call: OracleCall,
  configuration: Values,
  { placed, whereQuery, tokens }: Parts,
): ExpectedRequest {
  const method = (resource.vendorMethod || resource.method).toUpperCase()
  const declared = Object.fromEntries(
    placed.filter(to('path')).map(({ row, value }) => [plainName(row.vendorName), asText(value)]),
  )
  const fills = fillsOf(declared, call.pathVariables, configuration)
  const [address = '', own] = splitOnce(addressOf(element, resource, fills, configuration), '?')
  const query = [...pairsOf(own ?? ''), ...placed.filter(to('query')).flatMap(pairs(tokens)), ...whereQuery]
  const headers: Record<string, string> = { accept: 'application/json', ...authentication(element, configuration) }
  for (const { row, value } of placed.filter(to('header')))
    headers[row.vendorName.trim().toLowerCase()] = asText(value).trim()
  const isBodiless = method === 'GET' || method === 'HEAD'
  const root = (resource.rootKey ?? '').includes('|') ? (resource.rootKey ?? '').split('|')[0] : ''
  const body: ExpectedBody = isBodiless
    ? { kind: 'none' }
    : bodyOf(placed, tokens, root ?? '', headers['content-type'] ?? '')
  setContentType(headers, body)
  if (signsQuery(element, configuration)) query.push(...OAUTH1_QUERY.map((name): [string, string] => [name, UNKNOWN]))
  return { method, address, query: query.filter(([, value]) => value !== ''), headers, body }
}

function to(vendorType: string) {
  return ({ row }: Placed) => row.vendorType.toLowerCase() === vendorType
}

function pairs(tokens: Parts['tokens']) {
  return ({ row, value }: Placed): [string, string][] => {
    if (row.type === 'body') return membersOf(value)
    const text = asText(value)
    return [[row.vendorName, row.type === 'value' ? fillTokens(text, tokens, 'plain') : text]]
  }
}

function pairsOf(query: string): [string, string][] {
  return query
    .split('&')
    .filter(Boolean)
    .map((pair) => {
      const [name = '', value = ''] = splitOnce(pair, '=')
      return [decodeURIComponent(name), decodeURIComponent(value)]
    })
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

/** A signature in the query (spec 10 §5.3). */
const OAUTH1_QUERY = ['consumer_key', 'nonce', 'signature', 'signature_method', 'timestamp', 'token', 'version'].map(
  (name) => `oauth_${name}`,
)

function signsQuery({ authentication }: Element, configuration: Values): boolean {
  return authentication.type === 'oauth1' && configuration['oauth.request.authorization.type'] === 'query'
}

/** What an authentication type adds by itself (spec 10 §5.1, §5.2 step 5, §5.3). */
function authentication(element: Element, configuration: Values): Record<string, string> {
  const { username, password } = configuration
  const type = (configuration['authentication.type'] || element.authentication.type).toLowerCase()
  if (type === 'basic' && username) return { authorization: `Basic ${basic(username, password ?? '')}` }
  if (type.startsWith('oauth2') && configuration['oauth.user.token']) {
    return { authorization: `Bearer ${configuration['oauth.user.token']}` }
  }
  const isSigned = type === 'oauth1' && configuration['oauth.user.token']
  return isSigned && configuration['oauth.request.authorization.type'] !== 'query'
    ? { authorization: `OAuth ${UNKNOWN}` }
    : {}
}

function basic(username: string, password: string): string {
  return `${username}${password}`.includes(UNKNOWN)
    ? UNKNOWN
    : Buffer.from(`${username}:${password}`).toString('base64')
}

/** Content-Type goes with a body only; forms and uploads write their own (spec 11 §3.6). */
function setContentType(headers: Record<string, string>, body: ExpectedBody): void {
  if (body.kind === 'none') delete headers['content-type']
  else if (body.kind === 'form') headers['content-type'] = 'application/x-www-form-urlencoded'
  else if (body.kind === 'multipart') headers['content-type'] = `multipart/form-data; boundary=${UNKNOWN}`
  // how the caller uploads says nothing of how the file travels on
  else if (body.kind === 'file') headers['content-type'] = UNKNOWN
  else headers['content-type'] ??= 'application/json'
}
