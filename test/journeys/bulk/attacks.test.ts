import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AccountsTables } from '../../../src/accounts/accounts-table.ts'
import { issueAlias } from '../../../src/instances/script-alias.ts'
import { ADMIN, startTestHub, type TestHub } from '../../support/hub.ts'

/** What somebody would try who may use bulk calls: every case was possible once. */
let hub: TestHub
let token: string
let instanceId: number
let id: string
beforeAll(async () => {
  hub = await startTestHub()
  ;({ token, id: instanceId } = await hub.provisionBase())
  id = (await hub.call('POST', '/bulk/query?q=select id from contacts limit 3', { token })).body.id
  for (let status = ''; status !== 'COMPLETED'; await new Promise((resolve) => setTimeout(resolve, 50)))
    status = (await hub.call('GET', `/bulk/${id}/status`, { token })).body.status
}, 60_000)
afterAll(() => hub.close())

test('pages that were sent leave room for the next ones', async () => {
  for (let times = 0; times < 6; times++) {
    for (const path of [`/bulk/${id}/contacts/data`, `/bulk/${id}/errors`, `/bulk/${id}/contacts`])
      expect((await hub.call('GET', path, { token })).status, path).toBe(200)
  }
})

test('those who went without a word as well', async () => {
  const headers = { authorization: `${hub.authorization}, Element ${token}` }
  for (let times = 0; times < 12; times++) {
    const path = [`/bulk/${id}/contacts/data`, `/bulk/${id}/errors`, `/bulk/${id}/contacts`][times % 3]
    await new Promise<void>((resolve) => {
      const asked = httpRequest(hub.api + path, { headers, agent: false }).on('error', () => undefined)
      asked.on('close', () => resolve()).end(() => setImmediate(() => asked.destroy()))
    })
  }
  expect((await hub.call('GET', `/bulk/${id}/contacts/data`, { token })).body).toHaveLength(3)
})

test('a script of a common resource starts no job, whose callback would be made with all rights of its owner', async () => {
  const { userId } = await hub.hub.store.db
    .withTables<AccountsTables>()
    .selectFrom('users')
    .select('id as userId')
    .where('email', '=', ADMIN.email)
    .executeTakeFirstOrThrow()
  const alias = issueAlias(hub.hub.store.cipher, new Date(), { userId, instanceId, depth: 1 })
  const authorization = `User ${alias}, Organization ${alias}, Element ${token}`
  const headers = { 'elements-async-callback-url': '/users' }
  expect((await hub.call('GET', '/hubs/crm/contacts?pageSize=1', { authorization })).status).toBe(200)
  for (const path of ['/bulk/query?q=select id from contacts', '/hubs/crm/bulk/download', '/bulk/contacts'])
    expect((await hub.call('POST', path, { authorization, headers, body: {} })).status, path).toBe(403)
})
