import type { FastifyReply } from 'fastify'

/** Deletions and switches answer 200 with an empty body (spec 00 §4). */
export async function empty(reply: FastifyReply, work: Promise<void>): Promise<FastifyReply> {
  await work
  return reply.code(200).send()
}
