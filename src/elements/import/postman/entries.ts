import type { Doubtful } from '../doubts.ts'
import { isObject, type JsonObject, listOf, memberOf, textOf } from '../json-value.ts'
import type { Method } from '../vendor-api.ts'
import { typeOfAuth } from './authentication.ts'
import { authOfHeader, headersOf } from './headers.ts'
import { type RequestUrl, requestUrlOf } from './request-url.ts'
import type { Variables } from './variables.ts'

/** A request with the authentication it has or inherits. */
export interface Entry {
  item: JsonObject
  request: JsonObject
  auth: unknown
}

/** An entry whose method and address are understood. */
export interface Read extends Entry {
  method: Method
  url: RequestUrl
}

const MOST_REQUESTS = 5000

/** Folders laid flat; each request with the nearest `auth` above it. */
export function entriesOf(items: readonly unknown[], auth: unknown, depth = 0): Entry[] {
  const entries: Entry[] = []
  for (const item of items.filter(isObject)) {
    const own = item['auth'] ?? auth
    if (Array.isArray(item['item'])) {
      if (depth < 50) entries.push(...entriesOf(item['item'], own, depth + 1))
      continue
    }
    const request = typeof item['request'] === 'string' ? { url: item['request'] } : item['request']
    if (isObject(request)) entries.push({ item, request, auth: authOf(request, own) })
  }
  return entries.slice(0, MOST_REQUESTS)
}

function authOf(request: JsonObject, inherited: unknown): unknown {
  const declared = request['auth'] ?? inherited
  const type = typeOfAuth(declared)
  return type === undefined || type === 'noauth' ? (authOfHeader(headersOf(request['header'])) ?? declared) : declared
}

export function readEntry(entry: Entry, variables: Variables, doubt: Doubtful): Read[] {
  const method = (textOf(entry.request['method']) ?? 'GET').toUpperCase()
  const name = textOf(entry.item['name']) ?? method
  const url = requestUrlOf(entry.request['url'], variables)
  if (!/^(GET|POST|PUT|PATCH|DELETE)$/.test(method)) {
    doubt(name, 'has a method that callers of the platform cannot use')
    return []
  }
  if (!url) {
    doubt(name, 'has no address')
    return []
  }
  return [{ ...entry, method: method as Method, url }]
}

/** Whether it sets something before requests go out. */
export function hasScript(item: JsonObject): boolean {
  return listOf(item['event']).some(
    (event) => memberOf(event, 'listen') === 'prerequest' && hasCode(memberOf(event, 'script')),
  )
}

function hasCode(script: unknown): boolean {
  return [memberOf(script, 'exec')].flat().some((line) => textOf(line) !== undefined)
}
