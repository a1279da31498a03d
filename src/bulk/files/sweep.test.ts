import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { OWNER, openTestBulk } from '../../../test/support/bulk.ts'
import { elementOf } from '../../../test/support/engine.ts'
import { openTestStore } from '../../../test/support/store.ts'
import { ValenceError } from '../../errors.ts'
import type { Instance } from '../../instances/instance.ts'
import type { Store } from '../../store/database.ts'
import { type BulkJob, bulkDb, inBulk } from '../bulk-table.ts'
import { sealRowError } from '../row-error.ts'
import { sweepFiles } from './sweep.ts'

let store: Store
let close: () => Promise<void>
beforeAll(async () => ({ store, close } = await openTestStore()))
afterAll(() => close())

let room: ReturnType<typeof openTestBulk>
let instance: Instance
beforeEach(async () => {
  const db = bulkDb(store)
  for (const table of ['bulk_jobs', 'bulk_parts', 'bulk_errors', 'bulk_workflows', 'bulk_workflow_runs'] as const)
    await db.deleteFrom(table).execute()
  room = openTestBulk(store, () => Promise.reject(new Error('no vendor here')))
  instance = room.addInstance(elementOf())
})

const daysAgo = (days: number) => new Date(room.clock.at.getTime() - days * 86_400_000)
const ended = (days: number): Partial<BulkJob> => ({ status: 'COMPLETED', finished_at: daysAgo(days) })

const removed = (days: number): Partial<BulkJob> => ({ removed_at: daysAgo(days), files_removed_at: daysAgo(days) })

/** a job with a file of two parts and a part that belongs to none, and two rows of errors */
async function addJob(fields: Partial<BulkJob>): Promise<number> {
  const request = { objectName: 'contacts', query: {}, metaData: {} }
  const id = await room.addJob(instance, request, { stored_bytes: 4, updated_at: room.clock.at, ...fields })
  const { files } = room
  for (const start of [0, 2]) {
    const part = await files.put(id, Buffer.from('ab'))
    await store.changes.transaction((trx) => files.append(inBulk(trx), id, part, start))
  }
  await files.put(id, Buffer.from('lost'))
  for (const number of [1, 2]) {
    const row = { number, kind: 'failed', row: { name: 'Ann' }, status: '400: no' } as const
    await bulkDb(store)
      .insertInto('bulk_errors')
      .values(sealRowError(store.cipher, id, row))
      .execute()
  }
  return id
}

async function whatIsLeft(id: number) {
  const db = bulkDb(store)
  const rowsOf = (table: 'bulk_parts' | 'bulk_errors') =>
    db.selectFrom(table).select('job_id').where('job_id', '=', id).execute()
  const job = await db.selectFrom('bulk_jobs').selectAll().where('id', '=', id).executeTakeFirst()
  return {
    job: job && job.files_removed_at === null ? 'whole' : job ? 'without files' : 'gone',
    objects: room.files.keys().filter((key) => key.startsWith(`${id}/`)).length,
    parts: (await rowsOf('bulk_parts')).length,
    errors: (await rowsOf('bulk_errors')).length,
  }
}
const WHOLE = { job: 'whole', objects: 3, parts: 2, errors: 2 }
const EMPTIED = { job: 'without files', objects: 0, parts: 0, errors: 0 }
const GONE = { job: 'gone', objects: 0, parts: 0, errors: 0 }

describe('a sweep', () => {
  test.each<[string, () => Partial<BulkJob>, object]>([
    ['keeps files of a job that ended within the days', () => ended(6.9), WHOLE],
    ['removes them after that', () => ended(7.1), EMPTIED],
    ['keeps files of a job that goes on, however old it is', () => ({ created_at: daysAgo(90) }), WHOLE],
    ['keeps a file that is being received', () => ({ status: 'RECEIVING', updated_at: daysAgo(0.9) }), WHOLE],
    ['removes one that nobody went on with', () => ({ status: 'RECEIVING', updated_at: daysAgo(1.1) }), EMPTIED],
    ['removes files of a job that went with its owner', () => ({ removed_at: daysAgo(0.1) }), EMPTIED],
    ['keeps an emptied job for its lists', () => ({ ...ended(29), files_removed_at: daysAgo(22) }), {}],
    ['removes it after a month', () => ({ ...ended(31), files_removed_at: daysAgo(24) }), GONE],
    ['removes one that went with its owner after a day', () => removed(1.1), GONE],
    ['keeps that one for the day in which somebody may be at it', () => removed(0.9), {}],
  ])('%s', async (_name, fields, expected) => {
    const id = await addJob(fields())
    await sweepFiles(room.context)
    expect(await whatIsLeft(id)).toMatchObject(expected)
    expect((await whatIsLeft(id)).job === 'gone').toBe(expected === GONE)
  })

  test('leaves files of other jobs and tenants alone, and frees the share of its own', async () => {
    const due = await addJob(ended(8))
    const others = await Promise.all([addJob({}), addJob(ended(1)), addJob({ account_id: 99, organization_id: 98 })])
    await sweepFiles(room.context)
    expect(await whatIsLeft(due)).toEqual(EMPTIED)
    for (const id of others) expect(await whatIsLeft(id)).toEqual(WHOLE)
    expect((await room.job(due)).stored_bytes).toBe(0)
  })

  test('keeps emptied jobs at least as long as files', async () => {
    const id = await addJob({ ...ended(31), files_removed_at: daysAgo(1) })
    await sweepFiles({ ...room.context, limits: { ...room.context.limits, days: 60 } })
    expect((await whatIsLeft(id)).job).toBe('without files')
  })

  test('gives a job up that stood still for a month, and says so', async () => {
    const id = await addJob({ status: 'RUNNING', callback: 'sealed', updated_at: daysAgo(31) })
    const fresh = await addJob({ status: 'RUNNING', updated_at: daysAgo(29) })
    await sweepFiles(room.context)
    expect(await room.job(id)).toMatchObject({
      status: 'ABORTED',
      error: 'The job stood still for 30 days and was given up',
      finished_at: room.clock.at,
    })
    expect(room.jobs.waiting).toContainEqual({ queue: 'bulk.callback', key: String(id), group: 'account:12' })
    expect((await room.job(fresh)).status).toBe('RUNNING')
  })

  test('says of an upload that is given up which rows nobody settles any more', async () => {
    const position = JSON.stringify({ row: 400, begun: 420 }) as unknown as BulkJob['position']
    const id = await addJob({ status: 'RUNNING', direction: 'UPLOAD', updated_at: daysAgo(31), position })
    await sweepFiles(room.context)
    expect((await room.job(id)).error).toBe(
      'The job stood still for 30 days and was given up; rows 401 to 420 of its file may have been written or not',
    )
  })

  test.each([new ValenceError('UNAVAILABLE', 'the file store does not answer'), new TypeError('the hub has a bug')])(
    'goes on with the others when files of one cannot be removed, and comes back for it (%s)',
    async (error) => {
      const [stuck, other] = [await addJob(ended(8)), await addJob(ended(8))]
      const files = {
        ...room.files,
        async remove(id: number) {
          if (id === stuck) throw error
          await room.files.remove(id)
        },
      }
      await sweepFiles({ ...room.context, files })
      expect([await whatIsLeft(stuck), await whatIsLeft(other)]).toEqual([WHOLE, EMPTIED])
      await sweepFiles(room.context)
      expect(await whatIsLeft(stuck)).toEqual(EMPTIED)
    },
  )

  test('asks a store that is away a few times only', async () => {
    const due: number[] = []
    for (let at = 0; at < 8; at++) due.push(await addJob(ended(8)))
    let asked = 0
    const remove = () => {
      asked += 1
      return Promise.reject(new ValenceError('UNAVAILABLE', 'the file store does not answer'))
    }
    await sweepFiles({ ...room.context, files: { ...room.files, remove } })
    expect(asked).toBe(3)
    await sweepFiles(room.context)
    for (const id of due) expect(await whatIsLeft(id)).toEqual(EMPTIED)
  })

  test('removes workflows a month after their end, with their steps', async () => {
    const addWorkflow = async (finished_at: Date | null) => {
      const of = { organization_id: OWNER.organizationId, account_id: OWNER.accountId, user_id: OWNER.userId }
      const db = bulkDb(store)
      const { id } = await db
        .insertInto('bulk_workflows')
        .values({ ...of, instance_id: 1, request: 'sealed', status: 'COMPLETED', finished_at })
        .returning('id')
        .executeTakeFirstOrThrow()
      const source = { source_instance_id: 1, source_element_key: 'crm', source_object_name: 'contacts' }
      await db
        .insertInto('bulk_workflow_runs')
        .values({ ...of, ...source, workflow_id: id, number: 0, status: 'COMPLETED' })
        .execute()
      return id
    }
    const [_old, recent, open] = [
      await addWorkflow(daysAgo(31)),
      await addWorkflow(daysAgo(29)),
      await addWorkflow(null),
    ]
    await sweepFiles(room.context)
    const idsOf = async (table: 'bulk_workflows' | 'bulk_workflow_runs', column: 'id' | 'workflow_id') =>
      (
        await bulkDb(store)
          .selectFrom(table)
          .select(column as 'id')
          .execute()
      ).map((row) => Object.values(row)[0])
    expect((await idsOf('bulk_workflows', 'id')).toSorted()).toEqual([recent, open])
    expect((await idsOf('bulk_workflow_runs', 'workflow_id')).toSorted()).toEqual([recent, open])
  })
})
