import { sql } from 'kysely'
import { afterAll, beforeAll, test } from 'vitest'
import { expectOk } from '../../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { whileLocked } from '../../support/while-locked.ts'

let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub()
})
afterAll(() => hub.close())

const BASE_URL = { key: 'base.url', name: 'Base URL', defaultValue: 'https://api.acme.test/v1' }

test('an element is changed while an instance of it is made: one waits for the other, neither is in a deadlock', async () => {
  const body = { name: 'Acme', authentication: { type: 'custom' }, configuration: [BASE_URL] }
  const { id } = expectOk(await hub.call('POST', '/elements', { body })).body
  const calls = await whileLocked(hub, sql`select id from accounts for no key update`, async (waitingAre) => {
    const provisioning = hub.call('POST', '/instances', { body: { name: 'One', element: { id } } })
    await waitingAre(1)
    const change = hub.call('PATCH', `/elements/${id}`, { body: { description: 'It grows.' } })
    await waitingAre(2)
    return [provisioning, change]
  })
  for (const answer of await Promise.all(calls)) expectOk(answer)
})
