import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Trail } from '../audit/trail.ts'
import { unchangedRecord } from '../audit/unchanged-record.ts'
import { auditedEntity } from './audited-entity.ts'

const CHANGING = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

/**
 * Calls that could have changed something and recorded nothing: refused, failed, or without effect. A change that was made has
 * its record from the transaction that made it; when its call failed all the same, how it ended is recorded as well.
 */
export function auditCalls(app: FastifyInstance, trail: Pick<Trail, 'note'>): void {
  app.addHook('onResponse', (request, reply, done) => {
    const { caller } = request
    if (caller?.via && CHANGING.has(request.method) && (caller.via.changes === 0 || reply.statusCode >= 400)) {
      const entity = entityOf(request)
      if (entity) trail.note(unchangedRecord(caller, entity, reply.statusCode))
    }
    done()
  })
}

function entityOf({ routeOptions, params }: FastifyRequest) {
  const { operation } = routeOptions.config
  return operation && auditedEntity(operation, routeOptions.url ?? '', params as Record<string, string>)
}
