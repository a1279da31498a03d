import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** What somebody would try who may use bulk calls: every case was possible once. */
let hub: TestHub
let token: string
let id: string
beforeAll(async () => {
  hub = await startTestHub()
  token = (await hub.provisionBase()).token
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
