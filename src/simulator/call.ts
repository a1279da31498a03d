import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

/** One request to a vendor, with the simulator's own prefix taken off. */
export interface Call {
  method: string
  /** percent-encoded, as the vendor would see it: `/v2/contacts/7` */
  path: string
  /** without `?`; the simulator's own parameter is taken out */
  queryText: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  body: string
}

export interface Reply {
  status: number
  headers?: Record<string, string>
  body?: Buffer | string
}

const BODY_LIMIT_BYTES = 16 * 1024 * 1024

/** @returns the body as UTF-8, or undefined when it is longer than 16 MB */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > BODY_LIMIT_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
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
