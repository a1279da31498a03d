import { fastify } from 'fastify'
import { expect, test } from 'vitest'
import type { AuditTable } from '../audit/audit-table.ts'
import type { Caller } from '../model/account.ts'
import { auditCalls } from './audit-calls.ts'

/** A route that answers `status` after `changes` were recorded for it; what is noted of a call of it. */
async function noted(method: 'GET' | 'PUT' | 'DELETE', status: number, changes: number, isKnown = true) {
  const records: Omit<AuditTable, 'id'>[] = []
  const app = fastify()
  app.decorateRequest('caller', undefined)
  app.addHook('onRequest', async (request) => {
    const via = { requestId: request.id, method, uri: request.url, ip: request.ip, changes }
    if (isKnown) request.caller = { userId: 5, accountId: 4, organizationId: 3, via } as Caller
  })
  auditCalls(app, { note: (record) => void records.push(record) })
  const config = { operation: method === 'GET' ? 'hubs.read' : 'hubs.delete' } as const
  app.route({ method, url: '/hubs/:key', config, handler: (_request, reply) => reply.code(status).send() })
  await app.inject({ method, url: '/hubs/books' })
  await app.close()
  return records.map((record) => [record.status, record.entity_type, record.entity_id])
}

for (const [fact, method, status, changes, expected] of [
  ['refused', 'DELETE', 403, 0, [[403, 'hub', 'books']]],
  ['without effect', 'PUT', 200, 0, [[200, 'hub', 'books']]],
  ['its change has a record', 'PUT', 200, 1, []],
  ['its change has a record, and then it failed', 'PUT', 500, 1, [[500, 'hub', 'books']]],
  ['a read', 'GET', 404, 0, []],
] as const) {
  test(`${fact}: ${expected.length === 0 ? 'nothing' : 'one record'} is noted`, async () => {
    expect(await noted(method, status, changes)).toEqual(expected)
  })
}

test('a call of nobody is nobody’s', async () => expect(await noted('DELETE', 401, 0, false)).toEqual([]))
