import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { CALL_METHODS } from './dispatch.ts'
import type { ErrorBody } from './error-handler.ts'
import { JSON_TYPE } from './reply-headers.ts'

const REFUSALS: Readonly<Record<string, { status: number; message: string; headers?: readonly string[] }>> = {
  HPE_HEADER_OVERFLOW: { status: 431, message: 'Address and headers are together larger than this server reads' },
  CONNECT: {
    status: 405,
    message: 'This server is no proxy: it answers no CONNECT',
    headers: [`allow: ${CALL_METHODS.join(', ')}`],
  },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, message: 'The request took too long to arrive' },
}
const MALFORMED: (typeof REFUSALS)[string] = { status: 400, message: 'The request is not well-formed HTTP' }

/**
 * Answers what Node could not read as a request. No hook, route or error handler ever sees it, so its error is written
 * here, in the shape of all others (spec 00 §5, §12); the connection ends.
 *
 * @param nextId makes request ids
 */
export function createRefuseUnreadable(nextId: () => string): (error: { code?: string }, socket: Socket) => void {
  return ({ code = '' }, socket) => {
    if (code === 'ECONNRESET' || !socket.writable) {
      socket.destroy()
      return
    }
    const { status, message, headers = [] } = REFUSALS[code] ?? MALFORMED
    const requestId = nextId()
    const body = JSON.stringify({ requestId, message } satisfies ErrorBody)
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      `content-type: ${JSON_TYPE}`,
      `content-length: ${Buffer.byteLength(body)}`,
      `elements-request-id: ${requestId}`,
      ...headers,
      'connection: close',
    ]
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
    socket.destroySoon()
  }
}
