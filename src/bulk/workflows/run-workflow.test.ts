import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OWNER, openTestBulk } from '../../../test/support/bulk.ts'
import { elementOf, resource } from '../../../test/support/engine.ts'
import { openTestStore } from '../../../test/support/store.ts'
import { ValenceError } from '../../errors.ts'
import type { CallInstance } from '../../instances/call.ts'
import type { Caller } from '../../model/account.ts'
import type { Store } from '../../store/database.ts'
import { bulkDb, type FinalStatus, inBulk } from '../bulk-table.ts'
import { callbackQueue } from '../callbacks.ts'
import { advance, finish, type HeldJob, takeJob } from '../held-job.ts'
import { requestOf } from '../read-status.ts'
import { keepWorkflow } from './keep-workflow.ts'
import { listRuns } from './list-runs.ts'
import { planWorkflow } from './plan-workflow.ts'
import { workflowQueue } from './run-workflow.ts'
import { startWorkflow } from './start-workflow.ts'
import { storeWorkflowFile } from './store-workflow-file.ts'

let store: Store
let close: () => Promise<void>
beforeAll(async () => ({ store, close } = await openTestStore()))
afterAll(() => close())

const CALLER = OWNER as unknown as Caller
const STRANGER = { ...OWNER, organizationId: 4, accountId: 13 } as unknown as Caller
const LINES = '{"name":"Ann"}\n{"name":"Bo"}\n'
const nothingAsked: CallInstance = () => Promise.reject(new Error('no vendor here'))

/** Two instances; jobs end as the test says, nothing works at them. */
function openRoom(call = nothingAsked) {
  const room = openTestBulk(store, call)
  const source = room.addInstance(
    elementOf({ key: 'sourcecrm', resources: [resource('GET', '/accounts'), resource('GET', '/contacts')] }),
  )
  const target = room.addInstance(
    elementOf({ key: 'targetcrm', resources: [resource('POST', '/companies'), resource('POST', '/people')] }),
  )
  const queue = workflowQueue(room.context)
  const step = (from = 'accounts', to = 'companies', more: object = {}) => ({
    ...{ query: `select name from ${from}`, objectName: from, elementKey: 'sourcecrm', path: '/hubs/crm/bulk' },
    targetConfiguration: {
      ...{ token: target.token, objectName: to, elementKey: 'targetcrm', path: `/hubs/crm/bulk/${to}` },
      ...{ parameters: { batch: 7 }, metaData: '{"fileName":"x"}' },
    },
    ...more,
  })
  const runsOf = (workflow: { id: string }) =>
    bulkDb(store)
      .selectFrom('bulk_workflow_runs')
      .selectAll()
      .where('workflow_id', '=', Number(workflow.id))
      .orderBy('number')
      .execute()

  return {
    ...{ ...room, source, target, queue, step, runsOf },
    start: (body: unknown, more: { callback?: string; scheduleId?: number } = {}) =>
      startWorkflow(room.context, CALLER, source, { body, ...more }),
    /** everything that waits for the room of workflows */
    work: () => room.jobs.drain([queue]),
    /** the job of a step ends, and the step goes on */
    async end(id: number | null | undefined, status: FinalStatus = 'COMPLETED', { lines = LINES, error = '' } = {}) {
      const job = (await takeJob(room.context, id ?? 0)) as HeldJob
      const part = job.direction === 'DOWNLOAD' ? await room.files.put(job.id, Buffer.from(lines)) : undefined
      const startByte = (await room.fileOf(job.id)).length
      await store.changes.transaction(async (plainTrx, publish) => {
        const trx = inBulk(plainTrx)
        if (part) {
          await room.files.append(trx, job.id, part, startByte)
          const bytes = startByte + part.bytes
          await advance(trx, job, { file_bytes: bytes, stored_bytes: bytes, records_count: 2 }, room.clock.at)
        }
        await finish(room.context, trx, publish, job, { status, ...(error === '' ? {} : { error }) })
      })
      await room.jobs.drain([queue])
    },
    statusOf: async (workflow: { id: string }) =>
      (
        await bulkDb(store)
          .selectFrom('bulk_workflows')
          .select('status')
          .where('id', '=', Number(workflow.id))
          .executeTakeFirstOrThrow()
      ).status,
  }
}

const page = { scheduleId: undefined, parentRunId: undefined, pageSize: 200, page: undefined, after: undefined }

describe('a step of a workflow', () => {
  test('queries its source, hands the file to an upload of its target, and ends with it', async () => {
    const room = openRoom()
    const workflow = await room.start([room.step('accounts', 'companies', { from: '2020-01-01T00:00:00Z' })])
    expect(workflow).toEqual({ id: expect.stringMatching(/^\d+$/), status: 'CREATED' })
    await room.work()
    const [begun] = await room.runsOf(workflow)
    const query = await room.job(begun?.source_job_id ?? 0)
    expect(query).toMatchObject({ instance_id: room.source.id, direction: 'DOWNLOAD', status: 'CREATED' })
    expect([begun?.status, await room.statusOf(workflow)]).toEqual(['RUNNING', 'RUNNING'])

    await room.end(begun?.source_job_id)
    const [copied] = await room.runsOf(workflow)
    const upload = await room.job(copied?.target_job_id ?? 0)
    expect(upload).toMatchObject({ instance_id: room.target.id, direction: 'UPLOAD', status: 'CREATED' })
    expect(upload).toMatchObject({ file_bytes: LINES.length, stored_bytes: LINES.length })
    expect(await room.fileOf(upload.id)).toBe(LINES)
    expect(requestOf(room.context, upload)).toMatchObject({
      ...{ objectName: 'companies', action: 'create', format: 'json', query: { batch: '7' } },
      metaData: { fileName: 'x' },
    })
    expect(room.jobs.waiting).toContainEqual({ queue: 'bulk.run', key: String(upload.id), group: 'account:12' })

    await room.end(upload.id)
    const [ended] = await room.runsOf(workflow)
    expect(ended).toMatchObject({ status: 'COMPLETED', error: null, finished_at: room.clock.at })
    expect(await room.statusOf(workflow)).toBe('COMPLETED')
  })

  test('copies a long file part by part, and goes on where a process died', async () => {
    const room = openRoom()
    const workflow = await room.start([room.step()])
    await room.work()
    const [run] = await room.runsOf(workflow)
    const lines = ['{"n":1}\n', '{"n":2}\n', '{"n":3}\n']
    const source = run?.source_job_id ?? 0
    for (const [number, line] of lines.entries()) {
      const part = await room.files.put(source, Buffer.from(line))
      await store.changes.transaction((trx) => room.files.append(inBulk(trx), source, part, number * line.length))
    }
    await room.end(source, 'COMPLETED', { lines: '{"n":4}\n' })
    const [{ target_job_id: id } = { target_job_id: 0 }] = await room.runsOf(workflow)
    expect(await room.fileOf(id ?? 0)).toBe(`${lines.join('')}{"n":4}\n`)
    // as it was in the middle of the file
    await bulkDb(store).deleteFrom('bulk_parts').where('job_id', '=', id).where('number', '>=', 2).execute()
    await bulkDb(store)
      .updateTable('bulk_jobs')
      .set({ status: 'RECEIVING', file_bytes: 16, stored_bytes: 16 })
      .where('id', '=', id)
      .execute()
    await room.queue.run(String(run?.id), new AbortController().signal)
    expect(await room.fileOf(id ?? 0)).toBe(`${lines.join('')}{"n":4}\n`)
    expect(await room.job(id ?? 0)).toMatchObject({ status: 'CREATED', file_bytes: 32 })
  })

  test('makes each of its jobs once, however often it is woken', async () => {
    const room = openRoom()
    const workflow = await room.start([room.step()])
    const wake = async () => {
      const [run] = await room.runsOf(workflow)
      await room.queue.run(String(run?.id), new AbortController().signal)
    }
    for (let times = 0; times < 3; times++) await wake()
    const [begun] = await room.runsOf(workflow)
    await room.end(begun?.source_job_id)
    for (let times = 0; times < 3; times++) await wake()
    const jobs = await bulkDb(store)
      .selectFrom('bulk_jobs')
      .select('direction')
      .where('workflow_run_id', '=', begun?.id ?? 0)
      .execute()
    expect(jobs.map(({ direction }) => direction)).toEqual(['DOWNLOAD', 'UPLOAD'])
  })

  test('is aborted with its query, which says why', async () => {
    const room = openRoom()
    const workflow = await room.start([room.step()])
    await room.work()
    const [run] = await room.runsOf(workflow)
    await room.end(run?.source_job_id, 'ABORTED', { error: 'the vendor is gone' })
    expect((await room.runsOf(workflow))[0]).toMatchObject({
      ...{ status: 'ABORTED', target_job_id: null, error: 'the query was ABORTED: the vendor is gone' },
    })
    expect(await room.statusOf(workflow)).toBe('ABORTED')
  })

  test('is aborted when its file finds no room, and takes none then', async () => {
    const room = openRoom()
    const workflow = await room.start([room.step()])
    await room.work()
    Object.assign(room.context, { limits: { ...room.context.limits, accountBytes: 10 } })
    await room.end((await room.runsOf(workflow))[0]?.source_job_id)
    const [run] = await room.runsOf(workflow)
    expect(run).toMatchObject({ status: 'ABORTED', error: expect.stringContaining('The files of the bulk jobs') })
    expect(await room.job(run?.target_job_id ?? 0)).toMatchObject({ removed_at: room.clock.at, stored_bytes: 0 })
    const { items } = await listRuns(room.context, CALLER, { ...page, pageSize: 1 })
    expect(items).toMatchObject([{ status: 'ABORTED', sourceStatus: 'COMPLETED', targetStatus: null }])
  })

  test('is cancelled with any of its jobs', async () => {
    const room = openRoom()
    const workflow = await room.start([room.step()])
    await room.work()
    await room.end((await room.runsOf(workflow))[0]?.source_job_id)
    await room.end((await room.runsOf(workflow))[0]?.target_job_id, 'CANCELLED')
    expect((await room.runsOf(workflow))[0]?.status).toBe('CANCELLED')
    expect(await room.statusOf(workflow)).toBe('CANCELLED')
  })

  test('is aborted when its target was deleted meanwhile', async () => {
    const room = openRoom()
    const workflow = await room.start([room.step()])
    await room.work()
    Object.assign(room.context, { findInstance: (id: number) => (id === room.source.id ? room.source : undefined) })
    await room.end((await room.runsOf(workflow))[0]?.source_job_id)
    const [run] = await room.runsOf(workflow)
    expect(run).toMatchObject({ status: 'ABORTED', error: `The element instance ${room.target.id} was deleted` })
  })

  test('waits while the file store is away, and goes on then', async () => {
    const room = openRoom()
    const workflow = await room.start([room.step()])
    await room.work()
    const [begun] = await room.runsOf(workflow)
    const { put } = room.files
    // after the file of the query
    let puts = 0
    room.files.put = async (id, bytes) => {
      if (++puts === 2) throw new ValenceError('UNAVAILABLE', 'the file store is away')
      return put(id, bytes)
    }
    await room.end(begun?.source_job_id)
    const [run] = await room.runsOf(workflow)
    expect(puts).toBe(3)
    expect(await room.job(run?.target_job_id ?? 0)).toMatchObject({ status: 'CREATED', file_bytes: LINES.length })
  })

  test('is aborted when its upload goes while the file is copied', async () => {
    const room = openRoom()
    const workflow = await room.start([room.step()])
    await room.work()
    const [begun] = await room.runsOf(workflow)
    const { put } = room.files
    // of the file of the query first, then of that of the upload
    let puts = 0
    room.files.put = async (id, bytes) => {
      if (++puts === 2) {
        await bulkDb(store).updateTable('bulk_jobs').set({ removed_at: room.clock.at }).where('id', '=', id).execute()
      }
      return put(id, bytes)
    }
    await room.end(begun?.source_job_id)
    const [run] = await room.runsOf(workflow)
    expect(run).toMatchObject({ status: 'ABORTED', error: expect.stringContaining('was removed') })
  })

  test('takes the file of an earlier job in place of a query', async () => {
    const room = openRoom()
    const earlier = await room.start([room.step()])
    await room.work()
    await room.end((await room.runsOf(earlier))[0]?.source_job_id)
    const jobId = (await room.runsOf(earlier))[0]?.source_job_id
    const file = room.step('accounts', 'people', { fileUpload: true, jobId, query: undefined })
    const workflow = await room.start([file])
    await room.work()
    const [run] = await room.runsOf(workflow)
    expect(run).toMatchObject({ source_job_id: jobId, status: 'RUNNING' })
    expect(await room.fileOf(run?.target_job_id ?? 0)).toBe(LINES)
  })
})

describe('a file that is stored for workflows', () => {
  const store8859 = (room: ReturnType<typeof openRoom>, text = 'name;city\nZoë;Köln\n') =>
    storeWorkflowFile(room.context, CALLER, room.source, {
      ...{ objectName: 'accounts', query: {} },
      parts: [
        {
          ...{ name: 'file', fileName: 'accounts.csv', contentType: 'text/csv; charset=iso-8859-1', sizeBytes: 20 },
          open: () => Readable.from([Buffer.from(text, 'latin1')]),
        },
      ],
    })

  test('is there, and nothing is written by its job', async () => {
    const room = openRoom()
    const { jobId, objectName } = await store8859(room)
    expect(objectName).toBe('accounts')
    expect(await room.job(jobId)).toMatchObject({ status: 'COMPLETED', direction: 'UPLOAD', records_count: 0 })
    expect(await room.fileOf(jobId)).toBe('name;city\nZoë;Köln\n')
    expect(room.jobs.waiting).toEqual([])
  })

  test('goes to the target as it came, also twice', async () => {
    const room = openRoom()
    const { jobId } = await store8859(room)
    for (let times = 0; times < 2; times++) {
      const step = room.step('accounts', 'people', { fileUpload: true, jobId, query: undefined })
      const workflow = await room.start([step])
      await room.work()
      const upload = await room.job((await room.runsOf(workflow))[0]?.target_job_id ?? 0)
      expect(requestOf(room.context, upload)).toMatchObject({ format: 'csv', delimiter: ';', objectName: 'people' })
      expect(await room.fileOf(upload.id)).toBe('name;city\nZoë;Köln\n')
    }
  })

  test('is refused when it cannot be read: nothing of it stays', async () => {
    const room = openRoom()
    await expect(
      storeWorkflowFile(room.context, CALLER, room.source, {
        ...{ objectName: 'accounts', query: {} },
        parts: [{ name: 'file', sizeBytes: 3, open: () => Readable.from([Buffer.from([0x61, 0xff, 0x61])]) }],
      }),
    ).rejects.toMatchObject({ code: 'BODY_INVALID' })
    expect(room.files.keys()).toEqual([])
  })
})

describe('a step with a parent', () => {
  const family = (room: ReturnType<typeof openRoom>) =>
    room.start([room.step('contacts', 'people', { parentObjectName: 'accounts' }), room.step()])

  test('begins when the parent has ended', async () => {
    const room = openRoom()
    const workflow = await family(room)
    await room.work()
    const [child, parent] = await room.runsOf(workflow)
    expect(child).toMatchObject({ status: 'CREATED', source_job_id: null, parent_run_id: parent?.id })
    await room.end(parent?.source_job_id)
    await room.end((await room.runsOf(workflow))[1]?.target_job_id)
    const [begun] = await room.runsOf(workflow)
    expect(begun).toMatchObject({ status: 'RUNNING', source_job_id: expect.any(Number) })
    expect(await room.statusOf(workflow)).toBe('RUNNING')
    const { items } = await listRuns(room.context, CALLER, { ...page, parentRunId: parent?.id })
    expect(items.map(({ bulkLoaderId }) => bulkLoaderId)).toEqual([child?.id])
  })

  test('does not begin when the parent failed', async () => {
    const room = openRoom()
    const workflow = await family(room)
    await room.work()
    await room.end((await room.runsOf(workflow))[1]?.source_job_id, 'ABORTED', { error: 'no' })
    const [child] = await room.runsOf(workflow)
    expect(child).toMatchObject({ status: 'ABORTED', source_job_id: null, error: /its parent accounts was ABORTED/ })
    expect(await room.statusOf(workflow)).toBe('ABORTED')
  })
})

describe('a workflow is refused that', () => {
  for (const [what, change, message] of [
    ['names a token of nobody', { token: 'x' }, '[0]: targetConfiguration.token: no element instance of this account'],
    ['takes the target for another element', { elementKey: 'sourcecrm' }, '[0]: targetConfiguration.elementKey'],
    ['names an object that the target does not have', { objectName: 'planets' }, '[0]: Acme has no object "planets"'],
  ] as const) {
    test(what, async () => {
      const room = openRoom()
      const step = room.step()
      const wrong = { ...step, targetConfiguration: { ...step.targetConfiguration, ...change } }
      await expect(room.start([wrong])).rejects.toThrow(message)
    })
  }

  test('names a token of another account, in the same words', async () => {
    const room = openRoom()
    const other = room.addInstance(elementOf({ key: 'targetcrm', resources: [resource('POST', '/companies')] }))
    Object.assign(other, { accountId: 13 })
    const step = room.step()
    const wrong = { ...step, targetConfiguration: { ...step.targetConfiguration, token: other.token } }
    await expect(room.start([wrong])).rejects.toThrow('no element instance of this account has this token')
  })

  for (const [what, change, message] of [
    ['takes the source for another element', { elementKey: 'targetcrm' }, '[0]: elementKey: expected "sourcecrm"'],
    ['queries what the source does not have', { query: 'select * from planets' }, '[0]: Acme has no object "planets"'],
    ['cannot be parsed', { query: 'select from' }, '[0]: Error parsing query'],
    ['has a parent that is no step', { parentObjectName: 'planets' }, '[0].parentObjectName'],
    ['has a file that is not there', { fileUpload: true, jobId: 2_000_000_000 }, '[0]: There is no bulk job'],
  ] as const) {
    test(what, async () => {
      const room = openRoom()
      await expect(room.start([room.step('accounts', 'companies', change)])).rejects.toThrow(message)
    })
  }
})

test('a workflow is kept for later without tokens, and begins as well', async () => {
  const room = openRoom()
  const notificationConfiguration = { token: room.target.token, to: 'ops@example.org' }
  const body = [room.step('accounts', 'companies', { notificationConfiguration })]
  const kept = keepWorkflow(body, await planWorkflow(room.context, CALLER, room.source, body))
  expect(JSON.stringify(kept)).not.toContain(room.target.token)
  expect(kept).toMatchObject([{ query: body[0]?.query, notificationConfiguration: { to: 'ops@example.org' } }])
  const [run] = await room.runsOf(await room.start(kept))
  expect(run).toMatchObject({ target_instance_id: room.target.id, target_object_name: 'companies' })
})

test('GET /bulkloader shows steps of the own account, the newest first, page by page', async () => {
  const room = openRoom()
  const workflow = await room.start([room.step(), room.step('contacts', 'people')], { scheduleId: 4711 })
  await room.work()
  const listed = (query: object, caller = CALLER) => listRuns(room.context, caller, { ...page, ...query })
  const first = await listed({ scheduleId: 4711, pageSize: 1 })
  expect(first.items).toEqual([
    {
      ...{ bulkLoaderId: expect.any(Number), groupName: workflow.id, status: 'RUNNING', sourceStatus: 'CREATED' },
      ...{ targetStatus: null, sourceObjectName: 'contacts', targetObjectName: 'people' },
      ...{ sourceElementKey: 'sourcecrm', targetElementKey: 'targetcrm', sourceRecordCount: 0, targetErrorCount: 0 },
      createdDate: expect.any(Number),
    },
  ])
  const second = await listed({ scheduleId: 4711, pageSize: 1, after: first.next })
  expect([second.items[0]?.sourceObjectName, second.next]).toEqual(['accounts', undefined])
  expect((await listed({ scheduleId: 4711 }, STRANGER)).items).toEqual([])
})

describe('when a workflow has ended', () => {
  async function ended(room: ReturnType<typeof openRoom>, more: object = {}) {
    const workflow = await room.start([room.step('accounts', 'companies', { composite: true, ...more })], {
      callback: '/formulas/instances/321/executions',
    })
    await room.work()
    await room.end((await room.runsOf(workflow))[0]?.source_job_id)
    await room.end((await room.runsOf(workflow))[0]?.target_job_id)
    return workflow
  }

  test('its callback tells of all steps, once', async () => {
    const room = openRoom()
    const workflow = await ended(room)
    await room.jobs.drain([callbackQueue(room.context)])
    expect(room.platformCalls).toHaveLength(1)
    const [, instanceId, request] = room.platformCalls[0] ?? []
    expect([instanceId, request?.path]).toEqual([room.source.id, '/formulas/instances/321/executions'])
    expect(request?.headers).toMatchObject({ 'webhook-id': `bulk-workflow-${workflow.id}` })
    expect(JSON.parse(String(request?.body))).toMatchObject({
      ...{ id: workflow.id, status: 'COMPLETED', instanceId: room.source.id, recordsCount: 2, recordsFailedCount: 0 },
      jobs: [{ composite: true, sourceStatus: 'COMPLETED', targetStatus: 'COMPLETED' }],
    })
  })

  test('whoever its steps name gets a message through the instance of the token', async () => {
    const sent: unknown[] = []
    const room = openRoom(async (_caller, instance, call) => {
      sent.push([instance.id, call.method, call.path, call.body])
      return { status: 200, headers: {}, body: {} }
    })
    const messaging = room.addInstance(elementOf({ key: 'sendgrid' }))
    const to = 'ops@example.org, ops@example.org'
    const workflow = await ended(room, { notificationConfiguration: { token: messaging.token, to } })
    const subject = `Bulk workflow ${workflow.id}: COMPLETED`
    const body = { to: 'ops@example.org', subject, body: 'accounts to companies: COMPLETED' }
    expect(sent).toEqual([[messaging.id, 'POST', '/messages', body]])
  })
})
