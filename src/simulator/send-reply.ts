import type { ServerResponse } from 'node:http'
import type { Reply } from './call.ts'
import type { Fault } from './faults.ts'

/** Long enough for a client to have read the head and half of the body before the connection breaks. */
const BREAK_AFTER_MS = 20

/** Writes a reply, broken as the fault says. Faults that replace the reply are decided before this. */
export function sendReply(response: ServerResponse, reply: Reply, fault: Fault | undefined): void {
  const body = Buffer.from(reply.body ?? '')
  const headers = { ...reply.headers }
  if (fault?.kind === 'reset') {
    sendHalf(response, reply.status, headers, body)
    return
  }
  const sent = fault?.kind === 'malformed-json' ? malformed(body) : body
  if (reply.status !== 204 && reply.status !== 304) headers['content-length'] = String(sent.length)
  response.writeHead(reply.status, headers)
  response.end(response.req.method === 'HEAD' || reply.status === 204 ? undefined : sent)
}

/** Ends the connection without an answer. */
export function breakConnection(response: ServerResponse): void {
  response.socket?.resetAndDestroy()
}

function malformed(body: Buffer): Buffer {
  return body.length > 1 ? body.subarray(0, Math.ceil(body.length / 2)) : Buffer.from('{"data":')
}

function sendHalf(response: ServerResponse, status: number, headers: Record<string, string>, body: Buffer): void {
  const full = body.length > 1 ? body : Buffer.from('{"data":{}}')
  response.writeHead(status === 204 ? 200 : status, { ...headers, 'content-length': String(full.length) })
  response.write(full.subarray(0, Math.floor(full.length / 2)), () => {
    setTimeout(() => breakConnection(response), BREAK_AFTER_MS)
  })
}
