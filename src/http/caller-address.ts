import type { FastifyRequest } from 'fastify'

/** Where a request came from; empty when the connection was gone before it could be looked at (`create-listener.ts`). */
export function addressOf({ ip }: FastifyRequest): string {
  // Fastify's type promises more than a closed socket keeps
  return (ip as string | undefined) ?? ''
}
