import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BulkClient, bulkClient, provisionForBulk } from '../../support/bulk-client.ts'
import { postBulkElement } from '../../support/bulk-element.ts'
import { type BulkVendor, startBulkVendor } from '../../support/bulk-vendor.ts'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { meetPeople, type People } from '../../support/people.ts'

/** The list of bulk jobs (spec 22 §9). */
let hub: TestHub
let vendor: BulkVendor
let people: People
let client: BulkClient
/** in the order they were started */
let ids: string[]
let started: number
beforeAll(async () => {
  ;[vendor, hub] = await Promise.all([
    startBulkVendor(),
    startTestHub({ VALENCE_SIMULATE: 'off', VALENCE_EGRESS_ALLOW: '127.0.0.1' }),
  ])
  people = await meetPeople(hub)
  await postBulkElement(hub, { key: 'listed', baseUrl: vendor.baseUrl })
  client = await provisionForBulk(hub, 'listed')
  vendor.rows('contacts', [{ id: 'c1' }, { id: 'c2' }, { id: 'c3' }])
  vendor.script('GET /accounts', () => ({ status: 403, body: { error: 'not for you' } }))
  vendor.script('POST /contacts', ({ body }) => (body.email ? undefined : { status: 400, body: { message: 'no' } }))
  started = Date.now()
  ids = []
  for (const start of [
    () => client.query('select * from contacts'),
    () => client.query('select id from contacts limit 1', {}, { headers: { 'Elements-Async-Callback-Url': CALLBACK } }),
    () => client.query("select * from accounts where name='x'"),
    () => client.upload('contacts', 'name,email\nAnn,a\nBob,\nCid,\n'),
    () => client.upload('companies', 'name\nAcme\n'),
  ]) {
    const id = await start()
    await client.ended(id)
    ids.push(id)
  }
})
afterAll(async () => {
  await hub.close()
  await vendor.close()
})

const CALLBACK = '/formulas/instances/321/executions'
const list = async (query = '') => expectOk(await client.send('GET', `/bulk/jobs${query}`))
const idsOf = (rows: { id: unknown }[]) => rows.map(({ id }) => String(id))
const found = async (where: string) => idsOf((await list(`?where=${encodeURIComponent(where)}`)).body).toReversed()
/** the jobs of these places in `ids` */
const at = (...places: number[]) => places.map((place) => ids[place])

describe('the list', () => {
  test('is an array, newest first', async () => {
    const { body, headers } = await list()
    expect(idsOf(body)).toEqual(ids.toReversed())
    expect(headers.get('elements-returned-count')).toBe('5')
    expect(headers.get('elements-total-count')).toBe('5')
    expect(headers.has('elements-next-page-token')).toBe(false)
  })

  test('a row of a download has all its names', async () => {
    const row = (await list()).body.at(-1)
    expect(row).toMatchObject({
      instanceId: client.id,
      instance_id: client.id,
      object_name: 'contacts',
      job_direction: 'DOWNLOAD',
      status: 'COMPLETED',
      job_status: 'COMPLETED',
      bulk_status: 'COMPLETED',
      job_state: expect.any(String),
      record_count: 3,
      error_count: 0,
      job_query: 'select * from contacts',
      job_reset_attempt: 0,
      fileFormat: expect.stringMatching(/^(csv|json)/),
      createdDate: expect.any(Number),
      completion_time: expect.any(Number),
    })
    expect([String(row.id), String(row.job_id)]).toEqual([ids[0], ids[0]])
    expect(row.createdDate).toBeGreaterThanOrEqual(started - 1_000)
    expect(row.completion_time).toBeGreaterThanOrEqual(row.createdDate)
    expect(row.completion_time).toBeLessThanOrEqual(Date.now())
    expect(row).not.toHaveProperty('message')
  })

  test('a row of an upload counts its errors; a callback is told of', async () => {
    const { body } = await list()
    const [, upload, failed, called] = body
    expect(upload).toMatchObject({ job_direction: 'UPLOAD', status: 'COMPLETED', record_count: 3, error_count: 2 })
    expect(upload).toMatchObject({ fileFormat: 'csv', object_name: 'contacts' })
    expect(failed).toMatchObject({ status: 'ABORTED', job_status: 'ABORTED', bulk_status: 'ABORTED', record_count: 0 })
    expect(called).toMatchObject({ notification_url: CALLBACK, record_count: 1 })
  })

  test('counts are those of the status', async () => {
    for (const row of (await list()).body) {
      const status = expectOk(await client.send('GET', `/bulk/${row.id}/status`)).body
      expect([row.record_count, row.error_count, row.status, row.object_name, row.job_direction]).toEqual([
        status.recordsCount,
        status.recordsFailedCount,
        status.status,
        status.object_name,
        status.job_direction,
      ])
    }
  })

  test('fields chooses', async () => {
    const { body } = await list('?fields=id,%20job_status')
    expect(body.map((row: object) => Object.keys(row).toSorted())).toEqual(ids.map(() => ['id', 'job_status']))
  })
})

describe('where', () => {
  for (const [where, places] of [
    ["object_name='contacts'", [0, 1, 3]],
    ["object_name = 'companies'", [4]],
    ["object_name='Contacts'", []],
    ["object_name!='contacts'", [2, 4]],
    ["object_name LIKE 'c%'", [0, 1, 3, 4]],
    ["object_name IN ('accounts','companies')", [2, 4]],
    ["job_direction='UPLOAD'", [3, 4]],
    ["job_direction='DOWNLOAD'", [0, 1, 2]],
    ["job_status='COMPLETED'", [0, 1, 3, 4]],
    ["bulk_status='ABORTED'", [2]],
    ["status='ABORTED'", [2]],
    ["status='RUNNING'", []],
    ["job_status='COMPLETED' and job_direction='DOWNLOAD'", [0, 1]],
    ["job_status='ABORTED' or object_name='companies'", [2, 4]],
    ["(object_name='contacts' or object_name='accounts') and job_direction='DOWNLOAD'", [0, 1, 2]],
    ['record_count=3', [0, 3]],
    ['record_count > 0', [0, 1, 3, 4]],
    ["record_count>='2' and record_count<10", [0, 3]],
    ['', [0, 1, 2, 3, 4]],
    ['  ', [0, 1, 2, 3, 4]],
  ] as const) {
    test(where === '' ? 'empty' : where, async () => {
      expect(await found(where)).toEqual(at(...places))
    })
  }

  test('none are 200 and []', async () => {
    const { body, headers } = await list(`?where=${encodeURIComponent("object_name='unicorns'")}`)
    expect(body).toEqual([])
    expect(headers.get('elements-returned-count')).toBe('0')
  })

  test('that does not parse is 400', async () => {
    for (const where of ["object_name='", 'object_name', "='x'", "a='1' and"]) {
      const answer = await client.send('GET', `/bulk/jobs?where=${encodeURIComponent(where)}`)
      expect(expectError(answer, 400).body.message).toContain('Error parsing query')
    }
  })
})

describe('pages', () => {
  test('by tokens, one after the other', async () => {
    const seen: string[] = []
    const counts: (string | null)[] = []
    let token: string | null = ''
    while (token !== null && counts.length < 9) {
      const answer = await list(`?pageSize=2&nextPage=${encodeURIComponent(token)}`)
      seen.push(...idsOf(answer.body))
      counts.push(answer.headers.get('elements-returned-count'))
      token = answer.headers.get('elements-next-page-token')
    }
    expect(counts).toEqual(['2', '2', '1'])
    expect(seen).toEqual(ids.toReversed())
  })

  test('a token carries the filter and the size', async () => {
    const where = encodeURIComponent("object_name='contacts'")
    const first = await list(`?where=${where}&pageSize=2`)
    expect(idsOf(first.body)).toEqual(at(3, 1))
    expect(first.headers.get('elements-total-count')).toBe('3')
    const token = encodeURIComponent(first.headers.get('elements-next-page-token') ?? '')
    expect(idsOf((await list(`?nextPage=${token}`)).body)).toEqual(at(0))
  })

  test('a page that is full and the last has no token', async () => {
    expect((await list('?pageSize=5')).headers.has('elements-next-page-token')).toBe(false)
  })

  test('what is no size or no token is 400', async () => {
    for (const query of ['pageSize=0', 'pageSize=-1', 'pageSize=x', 'nextPage=nonsense']) {
      expectError(await client.send('GET', `/bulk/jobs?${query}`), 400)
    }
  })
})

describe('whose jobs', () => {
  test('those of the instance; none are 200 and []', async () => {
    const other = await provisionForBulk(hub, 'listed')
    expect(expectOk(await other.send('GET', '/bulk/jobs')).body).toEqual([])
    const id = await other.query('select * from contacts')
    await other.completed(id)
    expect(idsOf(expectOk(await other.send('GET', '/bulk/jobs')).body)).toEqual([id])
    expect(idsOf((await list()).body)).not.toContain(id)
  })

  test('deleting a user removes theirs', async () => {
    const user = await people.addUser(people.first, people.first.accountId)
    const theirs = bulkClient(hub, client, user.authorization)
    const id = await theirs.query('select * from contacts')
    await client.completed(id)
    expect(idsOf((await list()).body)).toEqual([id, ...ids.toReversed()])
    expectOk(await hub.call('DELETE', `/users/${user.id}`))
    await expect.poll(async () => idsOf((await list()).body), { timeout: 5_000 }).toEqual(ids.toReversed())
    expectError(await client.send('GET', `/bulk/${id}/status`), 404)
    expectError(await client.send('GET', `/bulk/${id}/contacts`), 404)
  })

  test('deleting the instance makes its jobs unreachable', async () => {
    const gone = await provisionForBulk(hub, 'listed')
    const id = await gone.query('select * from contacts')
    await gone.completed(id)
    expectOk(await hub.call('DELETE', `/instances/${gone.id}`))
    expectError(await gone.send('GET', `/bulk/${id}/status`), 401)
    expectError(await gone.send('GET', '/bulk/jobs'), 401)
    expectError(await client.send('GET', `/bulk/${id}/status`), 404)
  })
})
