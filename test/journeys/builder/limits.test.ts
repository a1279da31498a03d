import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MAX_ELEMENT_BYTES, MAX_ELEMENTS_PER_ACCOUNT } from '../../../src/elements/element-context.ts'
import { shippedKeys } from '../../support/base-catalog.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub({ VALENCE_SIMULATE: 'off' })
})
afterAll(() => hub.close())

const resources = (count: number, bytes: number) =>
  Array.from({ length: count }, (_, index) => ({ method: 'GET', path: `/r${index}`, description: 'x'.repeat(bytes) }))

describe('sizes', () => {
  test('an element of some megabytes is stored, listed in pages, and answered', async () => {
    for (const key of ['large1', 'large2', 'large3']) {
      const made = await hub.call('POST', '/elements', { body: { name: key, resources: resources(80, 100_000) } })
      expect(made.status).toBe(200)
    }
    const first = await hub.call('GET', '/elements?where=private=true')
    expect(first.body.map(({ key }: { key: string }) => key)).toEqual(['large1', 'large2'])
    expect(first.headers.get('elements-total-count')).toBe('3')
    const token = encodeURIComponent(first.headers.get('elements-next-page-token') ?? '')
    const second = await hub.call('GET', `/elements?nextPage=${token}`)
    expect(second.body.map(({ key }: { key: string }) => key)).toEqual(['large3'])
    expect(second.headers.get('elements-next-page-token')).toBeNull()
    const shipped = (await shippedKeys()).length
    expect((await hub.call('GET', '/elements?abridged=true')).body).toHaveLength(shipped + 3)
  })

  test('one that grows past the limit is refused and stays as it was', async () => {
    const description = 'x'.repeat(MAX_ELEMENT_BYTES - 7_900_000)
    const refused = await hub.call('POST', '/elements/large1/resources', {
      body: { method: 'GET', path: '/more', description },
    })
    expect(refused).toMatchObject({
      status: 413,
      body: { message: expect.stringContaining(String(MAX_ELEMENT_BYTES)) },
    })
    expect((await hub.call('GET', '/elements/large1/resources')).body).toHaveLength(80)
  })

  test('so are members of a size that no list could show', async () => {
    const answer = await hub.call('POST', '/elements', {
      body: { name: 'wide', elementMetadata: { notes: 'x'.repeat(300_000) } },
    })
    expect(answer.status).toBe(413)
  })

  test('an account has a number of elements, also when they come at the same time', async () => {
    const { organizationId = 0, accountId = 0 } = (await ownerOf()) ?? {}
    const pool = hub.hub.store.db.withTables<{ elements: Record<string, unknown> }>()
    await pool
      .insertInto('elements')
      .values(
        Array.from({ length: MAX_ELEMENTS_PER_ACCOUNT - 5 }, (_, index) => ({
          organization_id: organizationId,
          account_id: accountId,
          key: `filler${index}`,
          document: '{}',
          summary: '{}',
          size_bytes: 2,
        })),
      )
      .execute()
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) => hub.call('POST', '/elements', { body: { name: `last${index}` } })),
    )
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 403, 403, 403, 403])
    expect(answers.find(({ status }) => status === 403)?.body.message).toContain(String(MAX_ELEMENTS_PER_ACCOUNT))
  })
})

async function ownerOf() {
  const rows = await hub.hub.store.db
    .withTables<{ elements: { organization_id: number; account_id: number } }>()
    .selectFrom('elements')
    .select(['organization_id as organizationId', 'account_id as accountId'])
    .execute()
  return rows[0]
}

describe('lists', () => {
  test('each key once, also when two elements have it', async () => {
    await hub.call('DELETE', '/elements/last0')
    await hub.call('DELETE', '/elements/large3')
    await hub.call('POST', '/elements', { body: { name: 'Own base', key: 'base' } })
    const { body } = await hub.call('GET', '/elements/keys?pageSize=5000')
    expect(body.filter((key: string) => key === 'base')).toEqual(['base'])
    const both = await hub.call('GET', `/elements?abridged=true&where=${encodeURIComponent("key = 'base'")}`)
    expect(both.body.map(({ id, private: own }: { id: number; private: boolean }) => [id > 9_999, own])).toEqual([
      [false, false],
      [true, true],
    ])
  })
})
