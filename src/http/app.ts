import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest, RawServerDefault } from 'fastify'

/** The server as routes see it: schemas are TypeBox, and requests have their types. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>
export type Request = FastifyRequest
export type Reply = FastifyReply

declare module 'fastify' {
  interface FastifyContextConfig {
    /** bodies of this route are the vendor's, not ours */
    isVendorBody?: boolean
  }
}
