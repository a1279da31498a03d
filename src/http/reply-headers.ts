import type { FastifyReply, FastifyRequest } from 'fastify'

/** Compared by clients as one string (spec 00 §11). */
export const EXPOSED_HEADERS =
  'Elements-Returned-Count, Elements-Total-Count, Elements-Request-Id, Elements-Next-Page-Token, Elements-Trace-Id, Elements-Error, Content-Disposition'

const METHODS = 'GET, POST, PUT, PATCH, DELETE, OPTIONS'

/** Set explicitly on JSON answers: clients and tests compare it (spec 00 §3). */
export const JSON_TYPE = 'application/json;charset=UTF-8'

/** The request id on every answer, CORS headers where a browser asks (spec 00 §10, §11). */
export function addReplyHeaders(request: FastifyRequest, reply: FastifyReply, corsOrigins: readonly string[]): void {
  reply.header('elements-request-id', request.id)
  const { origin } = request.headers
  if (origin === undefined) return
  reply.header('access-control-expose-headers', EXPOSED_HEADERS)
  if (corsOrigins.includes('*')) {
    reply.header('access-control-allow-origin', '*')
  } else {
    reply.header('vary', 'Origin')
    if (corsOrigins.includes(origin)) reply.header('access-control-allow-origin', origin)
  }
}

/** Headers that hold words of a vendor or a script: what cannot stand in one becomes `?`. */
export function sendable(headers: Readonly<Record<string, string>>): Record<string, string> {
  const clean: Record<string, string> = {}
  for (const name in headers) clean[name] = headers[name]?.replace(/[^\t -~\u0080-\u00ff]/g, '?') ?? ''
  return clean
}

/** Whether this is a browser's preflight; it is answered 200 without credentials. */
export function isPreflight(request: FastifyRequest): boolean {
  return request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined
}

export function answerPreflight(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.header('access-control-allow-methods', METHODS)
  const asked = request.headers['access-control-request-headers']
  if (asked !== undefined) reply.header('access-control-allow-headers', asked)
  return reply.header('access-control-max-age', '600').code(200).send()
}
