import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Answer, startTestHub, type TestHub } from '../../support/hub.ts'
import { provisionSimulated } from '../../support/provision-simulated.ts'

/** From one simulated vendor to another one, now and again and again (spec 22 §10). */
let hub: TestHub
let source: { id: number; token: string }
let target: { id: number; token: string }
beforeAll(async () => {
  hub = await startTestHub({}, { clockEveryMs: 50 })
  source = await hub.provisionBase()
  target = await provisionSimulated(hub, 'pipedrive')
}, 60_000)
afterAll(() => hub.close())

const PATH = '/hubs/crm/bulk/workflows'
const step = (more: object = {}) => ({
  ...{ query: 'select name from contacts limit 7', objectName: 'contacts', elementKey: 'base' },
  ...{ path: '/hubs/crm/bulk', method: 'POST', statusCheckInterval: 10_000 },
  targetConfiguration: {
    ...{ path: '/hubs/crm/bulk/contacts', method: 'POST', token: target.token, elementKey: 'pipedrive' },
    ...{ objectName: 'contacts', parameters: {}, metaData: '{}', addToCampaign: false },
  },
  ...more,
})
const start = (body: unknown, headers: Record<string, string> = {}) =>
  hub.call('POST', PATH, { token: source.token, body, headers })

/** Rows of a workflow once all of them have ended. */
const ended = (query: string, count = 1): Promise<Answer['body'][]> =>
  vi.waitFor(
    async () => {
      const { status, body, text } = await hub.call('GET', `/bulkloader?${query}`)
      expect(status, text).toBe(200)
      expect(body.length, text).toBeGreaterThanOrEqual(count)
      for (const row of body) expect(row.status, text).toMatch(/^(?:COMPLETED|ABORTED|CANCELLED)$/)
      return body
    },
    { timeout: 20_000, interval: 100 },
  )
const written = async () => (await hub.call('GET', '/hubs/crm/contacts?pageSize=2000', { token: target.token })).body

describe('a workflow', () => {
  test('writes what its query finds to the other vendor', async () => {
    const before = (await written()).length
    const { status, body, text } = await start([step()])
    expect(status, text).toBe(200)
    expect(body).toEqual({ id: expect.stringMatching(/^\d+$/), status: 'CREATED' })
    const [row] = (await ended('pageSize=1')) as [Answer['body']]
    expect(row).toEqual({
      ...{ bulkLoaderId: expect.any(Number), groupName: body.id, status: 'COMPLETED' },
      ...{ sourceStatus: 'COMPLETED', targetStatus: 'COMPLETED' },
      ...{ sourceObjectName: 'contacts', targetObjectName: 'contacts' },
      ...{ sourceElementKey: 'base', targetElementKey: 'pipedrive' },
      ...{ sourceRecordCount: 7, targetErrorCount: 0, createdDate: expect.any(Number) },
    })
    expect((await written()).length).toBe(before + 7)
  })

  test('takes a file in place of a query', async () => {
    const form = new FormData()
    form.append('file', new Blob(['name\nAnn of the file\n'], { type: 'text/csv' }), 'people.csv')
    const authorization = `${hub.authorization}, Element ${source.token}`
    const sent = await fetch(`${hub.api}/bulk/workflows/fileUpload/people`, {
      ...{ method: 'POST', body: form, headers: { authorization } },
    })
    const stored = (await sent.json()) as Answer['body']
    expect(stored).toEqual({ jobId: expect.any(Number), objectName: 'people' })
    const { jobId } = stored
    const { status, text } = await start([step({ fileUpload: true, jobId, query: undefined, objectName: 'people' })])
    expect(status, text).toBe(200)
    await ended('pageSize=1')
    expect((await written()).map(({ name }: { name: string }) => name)).toContain('Ann of the file')
  })

  test('is refused with the place of what is wrong', async () => {
    const wrong = step()
    Object.assign(wrong.targetConfiguration, { token: 'nobody' })
    const { status, body } = await start([step(), wrong])
    expect(status).toBe(400)
    expect(body.message).toBe('[1]: targetConfiguration.token: no element instance of this account has this token')
  })

  test('is refused when more is asked than is kept', async () => {
    const large = step()
    Object.assign(large.targetConfiguration, { metaData: JSON.stringify({ note: 'x'.repeat(1_000_000) }) })
    const { status, body } = await start([large])
    expect(status).toBe(400)
    expect(body.message).toContain('at most 1000000 are kept')
  })

  for (const id of ['3000000000', '1.5', 'Infinity']) {
    test(`does not believe a job that nobody can have: ${id}`, async () => {
      const { status, text } = await start([step({ query: 'select name from contacts limit 1' })], {
        'Elements-Job-Id': id,
      })
      expect(status, text).toBe(200)
    })
  }
})

describe('Elements-Schedule-Request', () => {
  const SCHEDULE = { 'Elements-Schedule-Request': '0 0 12 1/1 * ? *' }
  /** as if its time had come */
  async function letRun(id: string) {
    await sql`update schedules set next_run_at = now() - interval '1 second' where id = ${Number(id)}`.execute(
      hub.hub.store.db,
    )
    await hub.hub.store.changes.transaction(async (_trx, publish) => publish({ topic: 'schedules', key: '' }))
  }

  test('makes a job of a workflow, which runs when its time comes', async () => {
    const { status, body, text } = await start([step()], SCHEDULE)
    expect(status, text).toBe(200)
    expect(body).toEqual({ id: expect.stringMatching(/^\d+$/), status: 'CREATED' })
    expect((await hub.call('GET', `/bulkloader?jobId=${body.id}`)).body).toEqual([])
    const job = (await hub.call('GET', `/jobs/${body.id}`)).body
    expect(job).toMatchObject({
      data: { method: 'POST', uri: PATH, instanceId: source.id, elementKey: 'base', body: expect.any(String) },
      trigger: { state: 'NORMAL', cron: '0 0 12 1/1 * ? *' },
    })
    expect(JSON.parse(job.data.body)).toMatchObject([
      { query: step().query, targetConfiguration: { instanceId: target.id } },
    ])
    expect(JSON.stringify(job)).not.toContain(target.token)

    await letRun(body.id)
    const [row] = (await ended(`jobId=${body.id}`)) as [Answer['body']]
    expect(row).toMatchObject({ status: 'COMPLETED', sourceRecordCount: 7, targetErrorCount: 0 })
    const { body: runs } = await hub.call('GET', `/jobs/${body.id}/history`)
    expect(runs).toMatchObject([{ job_state: 'COMPLETED' }])
  })

  test('makes a job of a query', async () => {
    const path = '/bulk/query?q=select%20id%20from%20contacts%20limit%203'
    const { status, body, text } = await hub.call('POST', path, { token: source.token, headers: SCHEDULE })
    expect(status, text).toBe(200)
    expect(body).toEqual({ id: expect.any(String), status: 'CREATED' })
    await letRun(body.id)
    await vi.waitFor(
      async () => {
        const { body: jobs } = await hub.call('GET', '/bulk/jobs?pageSize=1', { token: source.token })
        expect(jobs).toMatchObject([
          { job_query: 'select id from contacts limit 3', status: 'COMPLETED', record_count: 3 },
        ])
      },
      { timeout: 20_000, interval: 100 },
    )
  })

  for (const [what, cron, message] of [
    ['no cron', 'every day', 'expected a Quartz cron'],
    ['one that comes too often', '0 * * * * ?', 'the least is 15 minutes'],
  ] as const) {
    test(`refuses ${what}`, async () => {
      const { status, body } = await start([step()], { 'Elements-Schedule-Request': cron })
      expect(status).toBe(400)
      expect(body.message).toContain(message)
    })
  }

  test('refuses a call that could not be made now either', async () => {
    const broken = await start([step({ query: 'select from' })], SCHEDULE)
    expect([broken.status, broken.body.message]).toEqual([400, expect.stringContaining('Error parsing query')])
    const path = '/bulk/query?q=select%20id%20from%20planets'
    expect((await hub.call('POST', path, { token: source.token, headers: SCHEDULE })).status).toBe(404)
    const nowhere = await start([step()], { ...SCHEDULE, 'Elements-Async-Callback-Url': 'ftp://files.example.com' })
    expect(nowhere.status, nowhere.text).toBe(400)
  })
})
