import { isObject } from '../../model/is-object.ts'
import { textHeaders } from './text-headers.ts'

/** A call of a formula as a resource. */
export interface ResourceRequest {
  method: string
  /** below `/elements/api-v2`, with a leading slash */
  path: string
  query: Readonly<Record<string, string | readonly string[]>>
  /** lower-case names */
  headers: Readonly<Record<string, string | string[] | undefined>>
  body: unknown
}

/**
 * `trigger.args` of a formula as a resource (spec 30 §5.2): the members of the body, and the call in `request`. Where the body has a `request` of its
 * own, its members stay, and win.
 */
export function resourceArgs({ method, path, query, headers, body }: ResourceRequest): Record<string, unknown> {
  const members = isObject(body) ? body : {}
  const own = members['request']
  const request = {
    method,
    path,
    uri: path,
    query: Object.fromEntries(
      Object.entries(query).map(([name, value]) => [name, typeof value === 'string' ? value : value.join(',')]),
    ),
    headers: textHeaders(headers),
    body: body ?? null,
  }
  return { ...members, request: isObject(own) ? { ...request, ...own } : request }
}
