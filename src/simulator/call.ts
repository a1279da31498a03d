import type { IncomingHttpHeaders } from 'node:http'
import type { Upload } from './read-body.ts'

/** One request to a vendor, with the simulator's own prefix taken off. */
export interface Call {
  method: string
  /** percent-encoded, as the vendor would see it: `/v2/contacts/7` */
  path: string
  /** without `?`; the simulator's own parameter is taken out */
  queryText: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  /** as text; '' when the body is a multipart form or a file */
  body: string
  /** fields of a multipart form */
  fields: readonly [string, string][]
  uploads: readonly Upload[]
}

export interface Reply {
  status: number
  headers?: Record<string, string>
  body?: Buffer | string
}

export function jsonReply(status: number, value: unknown, headers: Record<string, string> = {}): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(value),
  }
}

/** Fields of a urlencoded body; undefined when the request does not say that it is one. */
export function formFields(call: Call): URLSearchParams | undefined {
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(call.headers['content-type'] ?? '')
  return isForm ? new URLSearchParams(call.body) : undefined
}
