import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Node's server, with everything that it would answer by itself and in words of its own handed to us: a missing Host (`require-host.ts`), an
 * expectation that it does not know (RFC 9110 §10.1.1 lets us ignore it), CONNECT.
 *
 * @param refuse ends the connection with an error of our shape; the code says which
 */
export function createListener(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  refuse: (error: { code: string }, socket: Socket) => void,
): Server {
  const server = createServer({ requireHostHeader: false }, handle)
  server.on('checkExpectation', handle)
  // read once, a socket remembers it: usage and audit ask for it when the caller may have hung up already
  server.on('connection', ({ remoteAddress }) => remoteAddress)
  server.on('connect', (_request, socket) => refuse({ code: 'CONNECT' }, socket as Socket))
  return server
}
