import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type BulkClient, JSON_BODY, provisionForBulk, uploadForm } from '../../support/bulk-client.ts'
import { bulkElement, postBulkElement } from '../../support/bulk-element.ts'
import { type BulkVendor, startBulkVendor } from '../../support/bulk-vendor.ts'
import { EXPOSED_HEADERS, expectError, expectOk } from '../../support/expect-answer.ts'
import { type Answer, startTestHub, type TestHub } from '../../support/hub.ts'
import { meetPeople, type Organization, type People } from '../../support/people.ts'

/** The table of calls (spec 22 §2, §6, §13): statuses, headers, keys. */
let hub: TestHub
let vendor: BulkVendor
let people: People
let stranger: Organization
let client: BulkClient
let strange: BulkClient
/** jobs that have ended: of two records, of two rows of which one failed */
let download: string
let upload: string
beforeAll(async () => {
  ;[vendor, hub] = await Promise.all([
    startBulkVendor(),
    startTestHub({ VALENCE_SIMULATE: 'off', VALENCE_EGRESS_ALLOW: '127.0.0.1' }),
  ])
  people = await meetPeople(hub)
  stranger = await people.signUp('Strangers')
  await postBulkElement(hub, { key: 'called', baseUrl: vendor.baseUrl })
  client = await provisionForBulk(hub, 'called')
  const theirs = people.as(stranger.admin)
  expectOk(await theirs('POST', '/elements', bulkElement({ key: 'theirs', baseUrl: vendor.baseUrl })))
  strange = await provisionForBulk(hub, 'theirs', {}, stranger.admin.authorization)
  fill()
  download = await client.query(QUERY)
  upload = await client.upload('contacts', 'name,email\nAnn,a@x.example\nBob,\n')
  await client.completed(download)
  await client.completed(upload)
})
afterAll(async () => {
  await hub.close()
  await vendor.close()
})
beforeEach(fill)

const QUERY = 'select * from contacts'
const q = encodeURIComponent(QUERY)

function fill() {
  vendor.reset()
  vendor.rows('contacts', [
    { id: 'c1', name: 'Ann' },
    { id: 'c2', name: 'Bob' },
  ])
  vendor.script('POST /contacts', ({ body }) => (body.email ? undefined : { status: 400, text: 'email is required' }))
}

/** Every call of one job, as this form of path has it. */
const jobCalls = (id: string) =>
  [
    ['GET', `/${id}/status`],
    ['GET', `/${id}/errors`],
    ['GET', `/${id}/contacts`],
    ['GET', `/${id}/contacts/data`],
    ['PUT', `/${id}/cancel`],
  ] as const
const starts = () =>
  [
    ['POST', `/query?q=${q}`, undefined, {}],
    ['POST', '/query', JSON.stringify({ query: QUERY }), JSON_BODY],
    ['POST', '/download', JSON.stringify({ objectName: 'contacts', format: 'txt/csv' }), JSON_BODY],
    ['POST', '/contacts', uploadForm('name,email\nAnn,a\n'), {}],
  ] as const

function expectStarted(answer: Answer): string {
  const { body } = expectOk(answer)
  expect(body).toMatchObject({ status: 'CREATED', instanceId: client.id, instance_id: client.id })
  expect(String(body.id)).toMatch(/^[1-9]\d*$/)
  for (const key of ['message', 'error']) expect(body).not.toHaveProperty(key)
  return String(body.id)
}

for (const root of ['/bulk', '/hubs/crm/bulk', '/hubs/anything/bulk'] as const) {
  describe(root, () => {
    const send = (method: string, path: string, options: Parameters<BulkClient['send']>[2] = {}) =>
      client.send(method, root + path, options)

    test('starts jobs: 200, CREATED, both names of the instance', async () => {
      const ids = []
      for (const [method, path, body, headers] of starts()) {
        ids.push(expectStarted(await send(method, path, { body, headers })))
      }
      expect(new Set(ids).size).toBe(ids.length)
      for (const id of ids) await client.completed(id)
    })

    test('status of a download', async () => {
      const { body } = expectOk(await send('GET', `/${download}/status`))
      expect(body).toMatchObject({
        instanceId: client.id,
        instance_id: client.id,
        status: 'COMPLETED',
        object_name: 'contacts',
        job_direction: 'DOWNLOAD',
        recordsCount: 2,
        recordsFailedCount: 0,
        fileFormat: expect.stringMatching(/^(csv|json)/),
        fileSize: expect.any(Number),
        bulk_start_time: expect.any(Number),
        bulk_finish_time: expect.any(Number),
        metadata: {},
      })
      expect(String(body.id)).toBe(download)
      expect(body.bulk_finish_time).toBeGreaterThanOrEqual(body.bulk_start_time)
      for (const key of ['message', 'error']) expect(body).not.toHaveProperty(key)
    })

    test('status of an upload', async () => {
      const { body } = expectOk(await send('GET', `/${upload}/status`))
      expect(body).toMatchObject({
        status: 'COMPLETED',
        job_direction: 'UPLOAD',
        recordsCount: 2,
        recordsFailedCount: 1,
        fileFormat: 'csv',
      })
      expect(body).not.toHaveProperty('error')
    })

    test('errors', async () => {
      const answer = expectOk(await send('GET', `/${upload}/errors`))
      expect(answer.body).toEqual([{ name: 'Bob', status: '400: email is required' }])
      expect(answer.headers.get('elements-returned-count')).toBe('1')
      expect(answer.headers.has('elements-next-page-token')).toBe(false)
      const none = expectOk(await send('GET', `/${download}/errors`))
      expect(none.body).toEqual([])
      expect(none.headers.get('elements-returned-count')).toBe('0')
    })

    test('the file', async () => {
      const answer = await send('GET', `/${download}/contacts`, { headers: { accept: 'text/csv' } })
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/csv'])
      expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename=/)
      expect(answer.headers.get('elements-request-id')).toMatch(/^[0-9a-f]{24}$/)
      expect(answer.text).toMatch(/^id,name\r?\nc1,Ann\r?\nc2,Bob\r?\n$/)
    })

    test('the data in pages', async () => {
      const answer = expectOk(await send('GET', `/${download}/contacts/data?pageSize=1`))
      expect(answer.body).toEqual([{ id: 'c1', name: 'Ann' }])
      expect(answer.headers.get('elements-returned-count')).toBe('1')
      const token = encodeURIComponent(answer.headers.get('elements-next-page-token') ?? '')
      const next = expectOk(await send('GET', `/${download}/contacts/data?pageSize=1&nextPage=${token}`))
      expect(next.body).toEqual([{ id: 'c2', name: 'Bob' }])
      expect(next.headers.has('elements-next-page-token')).toBe(false)
    })

    test('the list of jobs', async () => {
      const answer = expectOk(await send('GET', '/jobs'))
      expect(answer.body.map(({ id }: { id: unknown }) => String(id))).toEqual(
        expect.arrayContaining([download, upload]),
      )
      expect(answer.headers.get('elements-returned-count')).toBe(String(answer.body.length))
      expect(answer.headers.get('elements-total-count')).toBe(String(answer.body.length))
    })

    test('cancelling what has ended is 400', async () => {
      for (const id of [download, upload]) {
        expectError(await send('PUT', `/${id}/cancel`), 400)
        expect(expectOk(await send('GET', `/${id}/status`)).body.status).toBe('COMPLETED')
      }
    })

    test('cancelling what runs is 200 and soon CANCELLED, with no file', async () => {
      const { promise: goOn, resolve } = Promise.withResolvers<undefined>()
      vendor.script('GET /contacts', () => goOn)
      const id = expectStarted(await send('POST', `/query?q=${q}`))
      await vi.waitFor(() => expect(vendor.calls).not.toEqual([]), { timeout: 8_000, interval: 20 })
      const asked = Date.now()
      const { body } = expectOk(await send('PUT', `/${id}/cancel`, { body: 'null', headers: JSON_BODY }))
      expect(String(body.id)).toBe(id)
      expect(['CANCELLATION_PENDING', 'CANCELLED']).toContain(body.status)
      expect((await client.ended(id)).status).toBe('CANCELLED')
      expect(Date.now() - asked).toBeLessThan(3_000)
      resolve(undefined)
      expectError(await send('GET', `/${id}/contacts`), 404)
      expectError(await send('PUT', `/${id}/cancel`), 400)
      expect(expectOk(await send('GET', `/${id}/status`)).body.status).toBe('CANCELLED')
    })

    test('a slash at the end changes nothing', async () => {
      for (const [method, path] of [
        ['GET', `/${download}/status/`],
        ['GET', `/${download}/errors/`],
        ['GET', `/${download}/contacts/`],
        ['GET', `/${download}/contacts/data/`],
        ['GET', '/jobs/'],
        ['POST', `/query/?q=${q}`],
      ] as const) {
        const answer = await send(method, path)
        expect(answer.status, `${method} ${path}: ${answer.text}`).toBe(200)
      }
      expectError(await send('PUT', `/${download}/cancel/`), 400)
      const [, , given, body] = starts()
      expectStarted(await send('POST', '/download/', { body: given[2], headers: JSON_BODY }))
      expectStarted(await send('POST', '/contacts/', { body: body[2] }))
    })

    test('empty parameters, and bodies that are none', async () => {
      for (const path of [
        '/jobs?nextPage=&where=',
        `/${upload}/errors?nextPage=`,
        `/${download}/contacts/data?nextPage=`,
      ]) {
        expectOk(await send('GET', path, { headers: JSON_BODY }))
      }
      for (const body of ['null', '']) {
        expectStarted(await send('POST', `/query?q=${q}`, { body, headers: JSON_BODY }))
        expectError(await send('PUT', `/${download}/cancel`, { body, headers: JSON_BODY }), 400)
      }
      expectStarted(await send('POST', `/query?q=${q}`, { body: '{}', headers: JSON_BODY }))
    })

    test('what is not there is 404', async () => {
      for (const id of ['999999999', '-1', '0', 'nojob', '1.5', '99999999999999999999', '%20', "1'"]) {
        for (const [method, path] of jobCalls(id)) expectError(await send(method, path), 404)
      }
    })

    test('of another account is 404, either way', async () => {
      for (const [method, path] of jobCalls(download)) expectError(await strange.send(method, root + path), 404)
      const theirs = await strange.query(QUERY)
      await strange.completed(theirs)
      for (const [method, path] of jobCalls(theirs)) expectError(await send(method, path), 404)
    })

    test('without a good token is 401', async () => {
      const all = [...jobCalls(download), ['GET', '/jobs'], ...starts()] as [
        string,
        string,
        RequestInit['body']?,
        object?,
      ][]
      for (const authorization of [
        null,
        hub.authorization,
        `${hub.authorization}, Element nonsense`,
        `User nobody, Organization nothing, Element ${client.token}`,
        'nonsense',
      ]) {
        for (const [method, path, body, headers = {}] of all) {
          const answer = await send(method, path, { authorization, body, headers: { ...headers } })
          expectError(answer, 401)
        }
      }
    })

    test('of a disabled instance is 403, of a deleted one 401', async () => {
      const short = await provisionForBulk(hub, 'called')
      const id = await short.query(QUERY)
      await short.completed(id)
      const all = [...jobCalls(id), ['GET', '/jobs'], ...starts()] as [string, string, RequestInit['body']?, object?][]
      const expectAll = async (status: number) => {
        for (const [method, path, body, headers = {}] of all) {
          expectError(await short.send(method, root + path, { body, headers: { ...headers } }), status)
        }
      }
      expectOk(await hub.call('DELETE', `/instances/${short.id}/enabled`))
      await expectAll(403)
      expectOk(await hub.call('PUT', `/instances/${short.id}/enabled`))
      expectOk(await short.send('GET', `${root}/${id}/status`))
      expectOk(await hub.call('DELETE', `/instances/${short.id}`))
      await expectAll(401)
    })

    test('the other verb is 405', async () => {
      const answer = await send('DELETE', '/jobs')
      expectError(answer, 405)
      expect(answer.headers.get('allow')).toContain('GET')
    })

    test('browsers may read the headers, of failures too', async () => {
      const headers = { origin: 'https://app.example' }
      for (const path of ['/jobs', `/${download}/contacts`, '/999999999/status']) {
        const answer = await send('GET', path, { headers })
        expect(answer.headers.get('access-control-expose-headers'), path).toBe(EXPOSED_HEADERS)
      }
    })
  })
}

test('User and Element secrets are enough', async () => {
  const user = /User [^,]+/.exec(hub.authorization)?.[0]
  const authorization = `${user}, Element ${client.token}`
  expectOk(await client.send('GET', `/bulk/${download}/status`, { authorization }))
  expectStarted(await client.send('POST', `/bulk/query?q=${q}`, { authorization }))
})

test('a resource of the element at the path of a bulk call goes first', async () => {
  const own = { method: 'POST', path: '/hubs/crm/bulk/query', vendorMethod: 'POST', vendorPath: '/jobs', type: 'api' }
  await postBulkElement(hub, { key: 'native', baseUrl: vendor.baseUrl, resources: [{ ...own, parameters: [] }] })
  const native = await provisionForBulk(hub, 'native')
  vendor.script('POST /jobs', () => ({ body: { id: 'of the vendor' } }))
  for (const path of ['/bulk/query', '/hubs/crm/bulk/query']) {
    expect(expectOk(await native.send('POST', `${path}?q=${q}`)).body).toEqual({ id: 'of the vendor' })
  }
  const body = JSON.stringify({ objectName: 'contacts', format: 'csv' })
  expect(expectOk(await native.send('POST', '/bulk/download', { body, headers: JSON_BODY })).body).toMatchObject({
    status: 'CREATED',
  })
})

describe('GET /metrics/bulk-jobs', () => {
  const ask = (query = '') => hub.call('GET', `/metrics/bulk-jobs${query}`)

  test('counts jobs by direction, and their records', async () => {
    const { body } = expectOk(await ask())
    const [mine] = body
    expect(body).toHaveLength(1)
    expect(mine).toMatchObject({ id: people.first.accountId, interval: expect.any(String), count: expect.any(Number) })
    const details = mine.metrics.flatMap((bucket: { details: object[] }) => bucket.details)
    expect(details.map((row: object) => Object.keys(row).toSorted())).toEqual(
      details.map(() => ['count', 'direction', 'records']),
    )
    const total = (direction: string, key: 'count' | 'records') =>
      details
        .filter((row: { direction: string }) => row.direction === direction)
        .reduce((sum: number, row: { count: number; records: number }) => sum + row[key], 0)
    expect(total('DOWNLOAD', 'count') + total('UPLOAD', 'count')).toBe(mine.count)
    expect(total('UPLOAD', 'count')).toBeGreaterThan(0)
    expect(total('DOWNLOAD', 'records')).toBeGreaterThanOrEqual(2)
    const { body: jobs } = expectOk(await client.send('GET', '/bulk/jobs?pageSize=1000'))
    expect(mine.count).toBeGreaterThanOrEqual(jobs.length)
  })

  test('a new one is one more', async () => {
    const before = expectOk(await ask()).body[0].count
    await client.completed(await client.query(QUERY))
    await expect.poll(async () => (await ask()).body[0].count, { timeout: 8_000 }).toBe(before + 1)
  })

  test('of a time, of accounts and organizations', async () => {
    const { accountId, organizationId } = people.first
    expect(expectOk(await ask('?from=2019-01-01&to=2019-02-01')).body).toMatchObject([{ id: accountId, count: 0 }])
    for (const scope of [
      `accountIds[]=${accountId}`,
      `orgIds[]=${organizationId}`,
      `customerIds[]=${organizationId}`,
    ]) {
      expect(expectOk(await ask(`?${scope}`)).body).toMatchObject([{ id: accountId }])
    }
    for (const scope of ['accountIds[]=0', `accountIds[]=${stranger.defaultAccount.id}`, `orgIds[]=${stranger.id}`]) {
      expectError(await ask(`?${scope}`), 403)
    }
  })
})
