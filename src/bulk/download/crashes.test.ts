import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestBulk } from '../../../test/support/bulk.ts'
import { elementOf, resource } from '../../../test/support/engine.ts'
import { openTestStore } from '../../../test/support/store.ts'
import type { Store } from '../../store/database.ts'

/** A process that dies at whatever moment, seen from the outside: the next one makes the same file. */

let store: Store
let close: () => Promise<void>
beforeAll(async () => ({ store, close } = await openTestStore()))
afterAll(() => close())

/** Larger than a part on most pages, so that steps end within pages and between them. */
const RECORDS = Array.from({ length: 30 }, (_, id) => ({ id, text: `${id}`.repeat(200_000) }))
const PAGE_ROWS = 9

class Killed extends Error {}

/** @param deaths number of the moment at which the process dies, counted from the start or its last death */
async function downloadWith(deaths: readonly number[]) {
  let moments = 0
  const left = [...deaths]
  const moment = () => {
    moments++
    if (moments !== left[0]) return
    left.shift()
    moments = 0
    throw new Killed()
  }
  const room = openTestBulk(store, async (_caller, _instance, call) => {
    const from = Number(call.query['nextPage'] ?? 0)
    const next = from + PAGE_ROWS
    const headers = next < RECORDS.length ? { 'elements-next-page-token': String(next) } : {}
    return { status: 200, headers: headers as Record<string, string>, body: RECORDS.slice(from, next) }
  })
  const { put } = room.files
  room.context.files.put = async (jobId, bytes) => {
    moment()
    const part = await put(jobId, bytes)
    moment()
    return part
  }
  const { changes } = store
  room.context.store = {
    ...store,
    changes: {
      ...changes,
      async transaction(work) {
        const result = await changes.transaction(async (trx, publish) => {
          const made = await work(trx, publish)
          moment()
          return made
        })
        moment()
        return result
      },
    },
  }
  const instance = room.addInstance(elementOf({ resources: [resource('GET', '/contacts')] }))
  const id = await room.addJob(instance, { objectName: 'contacts', query: {}, metaData: {} })
  for (;;) {
    const outcome = await room.queue.run(String(id), new AbortController().signal).catch((error: unknown) => {
      if (!(error instanceof Killed)) throw error
      return 'more'
    })
    if (outcome === 'done') break
  }
  const records = (await room.fileOf(id)).split('\n').slice(0, -1)
  return { job: await room.job(id), ids: records.map((line) => Number(JSON.parse(line).id)), isOver: left.length > 0 }
}

const ALL = RECORDS.map(({ id }) => id)

test('a process that dies once, at any moment, loses no row and repeats none', { timeout: 60_000 }, async () => {
  let isOver = false
  for (let at = 1; !isOver; at++) {
    const { job, ids, ...rest } = await downloadWith([at])
    isOver = rest.isOver
    expect(ids, `moment ${at}`).toEqual(ALL)
    expect(job).toMatchObject({ status: 'COMPLETED', records_count: ALL.length })
    expect(at).toBeLessThan(40)
  }
})

test('nor does one that dies again and again', { timeout: 60_000 }, async () => {
  const { job, ids } = await downloadWith([5, 4, 3, 6, 4, 5, 7])
  expect(ids).toEqual(ALL)
  expect(job).toMatchObject({ status: 'COMPLETED', records_count: ALL.length })
  expect(job.reset_attempts).toBeGreaterThan(2)
})
