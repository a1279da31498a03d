import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { ValenceError } from '../errors.ts'

/**
 * HTTP/1.1 asks for exactly one Host (RFC 9112 §3.2). Node refuses a request without it in words that are not ours, and takes the first of
 * several, where a proxy in front may have taken another.
 */
export function requireHost(app: FastifyInstance): void {
  app.addHook('onRequest', ({ raw }, _reply, done) => {
    const hosts = hostsOf(raw)
    if (hosts === 1 || (hosts === 0 && raw.httpVersion !== '1.1')) done()
    else done(new ValenceError('PARAMETER_INVALID', `Host: expected exactly one such header, got ${hosts}`))
  })
}

function hostsOf({ rawHeaders }: IncomingMessage): number {
  let count = 0
  for (let at = 0; at < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.length === 4 && rawHeaders[at]?.toLowerCase() === 'host') count++
  return count
}
