import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectOk } from '../../support/expect-answer.ts'
import type { Ask } from '../../support/people.ts'
import { type Cast, meetCast } from './levels-cast.ts'

/** Several callers change the same common resource at once: each change happens whole or not at all, and none fails by itself. */
let cast: Cast
let owner: Ask
beforeAll(async () => {
  cast = await meetCast()
  owner = cast.owner
})
afterAll(() => cast.close())

const BASE = '/organizations/elements/base/transformations'
const times = <T>(count: number, work: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)))
const statuses = (answers: readonly { status: number }[]) => answers.map(({ status }) => status).toSorted()

test('of those who make it, one does', async () => {
  const definitions = await times(8, () => owner('POST', '/organizations/objects/one/definitions', { fields: [] }))
  expect(statuses(definitions)).toEqual([200, ...Array.from({ length: 7 }, () => 409)])
  const mapped = await times(8, () => owner('POST', `${BASE}/one`, { vendorName: 'contacts' }))
  expect(statuses(mapped)).toEqual([200, ...Array.from({ length: 7 }, () => 409)])
})

test('whoever comes last says what it is', async () => {
  const put = (index: number) => {
    const fields = [{ path: `f${index}`, associatedLevel: 'organization' }]
    return owner('PUT', '/common-resources', { name: 'last', fields })
  }
  expect(new Set(statuses(await times(8, put)))).toEqual(new Set([200]))
  expect(expectOk(await owner('GET', '/common-resources/last')).body.fields).toHaveLength(1)
})

test('of those who rename to one name, one does', async () => {
  const names = ['a', 'b', 'c', 'd'].map((letter) => `rename-${letter}`)
  for (const name of names) expectOk(await owner('POST', `/organizations/objects/${name}/definitions`, { fields: [] }))
  const renamed = await Promise.all(
    names.map((name) => owner('PATCH', `/organizations/objects/${name}`, { objectName: 'taken' })),
  )
  expect(statuses(renamed)).toEqual([200, 409, 409, 409])
})

test('making, mapping, renaming and deleting in each other’s way never fails', async () => {
  const levels = ['/organizations', '/accounts', `/accounts/${cast.second.id}`, `/instances/${cast.instance.id}`]
  const answers = await times(48, (index) => {
    const level = levels[index % levels.length] ?? ''
    const url = `${level}/objects/busy/definitions`
    const calls = [
      () => owner('POST', url, { fields: [{ path: 'a' }] }),
      () => owner('DELETE', url),
      () => owner('PATCH', `${level}/objects/busy`, { objectName: 'busy-2' }),
      () => owner('PATCH', '/common-resources/busy', { name: 'busy-3' }),
      () => owner('POST', `${BASE}/busy`, { vendorName: 'contacts' }),
      () => owner('DELETE', '/common-resources/busy?force=true'),
      () => owner('PUT', '/common-resources', { name: 'busy', fields: [{ path: 'b' }] }),
    ] as const
    return (calls[index % calls.length] as () => ReturnType<Ask>)()
  })
  const unexpected = answers.filter(({ status }) => ![200, 404, 409].includes(status))
  expect(unexpected.map(({ status, text }) => `${status} ${text}`)).toEqual([])
})

test('nothing is written for an instance that goes', async () => {
  const { id } = await cast.people.provision(cast.organization.admin, 'Doomed')
  const [gone, ...written] = await Promise.all([
    owner('DELETE', `/instances/${id}`),
    ...Array.from({ length: 6 }, (_, index) =>
      owner('POST', `/instances/${id}/objects/doomed-${index}/definitions`, { fields: [] }),
    ),
  ])
  expect(gone?.status).toBe(200)
  for (const { status, text } of written) expect([200, 404], text).toContain(status)
  const { rows } = await sql`
    select resource_id from definitions where level = 'instance' and associated_id = ${id}`.execute(
    cast.hub.hub.store.db,
  )
  expect(rows).toEqual([])
})
