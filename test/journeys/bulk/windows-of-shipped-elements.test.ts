import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BulkClient, bulkClient } from '../../support/bulk-client.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { provision, provisionOAuth } from '../catalog/crm-checks.ts'

/** Shipped CRM elements say by which date a bulk download is asked for what changed. */
let hub: TestHub
const clients: Record<string, BulkClient> = {}
beforeAll(async () => {
  hub = await startTestHub()
  for (const key of ['base', 'sfdc', 'hubspotcrm']) clients[key] = bulkClient(hub, await provisionOAuth(hub, key))
  clients['closeio'] = bulkClient(hub, await provision(hub, 'closeio', { username: 'api_key_of_ada' }))
}, 60_000)
afterAll(() => hub.close())

const OBJECTS = {
  base: ['contacts', 'leads', 'opportunities'],
  sfdc: ['accounts', 'contacts', 'leads', 'opportunities', 'campaigns', 'activities', 'tasks', 'notes'],
  hubspotcrm: ['accounts', 'contacts', 'leads', 'opportunities'],
  closeio: ['accounts', 'opportunities'],
}

for (const [key, objectName] of Object.entries(OBJECTS).flatMap(([one, names]) => names.map((name) => [one, name])))
  test(`${objectName} of ${key} are downloaded by when they changed`, async () => {
    const client = clients[key as string] as BulkClient
    const countOf = async (window: { from?: string; to?: string }) => {
      const asked = { objectName, format: 'application/jsonl', ...window }
      const { recordsCount, infoMessage } = await client.completed(await client.download(asked))
      expect(infoMessage, 'nothing was ignored').toBeUndefined()
      return recordsCount as number
    }
    const all = await countOf({})
    expect(all).toBeGreaterThan(0)
    expect(await countOf({ from: '2000-01-01T00:00:00Z', to: '2100-01-01T00:00:00Z' })).toBe(all)
    expect(await countOf({ from: '2100-01-01T00:00:00Z' })).toBe(0)
    expect(await countOf({ to: '2000-01-01T00:00:00Z' })).toBe(0)
  })
