import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { ValenceError } from '../../errors.ts'
import type { Store } from '../../store/database.ts'
import { bulkDb } from '../bulk-table.ts'
import type { FileStore } from './file-store.ts'
import type { JobFiles } from './job-files.ts'

/** Rows of parts that are read at a time. */
const ROWS = 200

/**
 * Files of jobs as sealed parts in a file store. A part opens for its job and under its key only: whoever can write to the store can take files
 * away, not read, change or exchange them. Which key of the ring sealed it, it says itself; its name says so as well, so that
 * `older-keys.ts` can count without opening.
 */
export function createJobFiles({
  store,
  files,
}: {
  store: Pick<Store, 'db' | 'cipher' | 'keyRing'>
  files: FileStore
}): JobFiles {
  return {
    async put(jobId, bytes) {
      const key = `${jobId}/${randomUUID()}${ringKeyEnding(store.keyRing.first().id)}`
      await files.put(key, store.cipher.sealBytes(bytes, partContext(jobId, key)))
      return { key, bytes: bytes.length }
    },

    async append(trx, jobId, { key, bytes }, startByte) {
      const next = sql<number>`(select coalesce(max(number), -1) + 1 from bulk_parts where job_id = ${jobId})`
      await trx
        .insertInto('bulk_parts')
        .values({ job_id: jobId, number: next, key, start_byte: startByte, bytes })
        .execute()
    },

    async *read(jobId, fromByte = 0) {
      const fileBytes = await bytesOf(jobId)
      let end = fromByte
      for await (const { key, start_byte, bytes } of partsFrom(jobId, fromByte)) {
        const part = await openPart(jobId, key, bytes)
        end = start_byte + bytes
        yield start_byte < fromByte ? part.subarray(fromByte - start_byte) : part
      }
      // whoever reads slowly may outlive the file: what is left of it is not the whole
      if (end < fileBytes) {
        throw new ValenceError(
          'NOTHING_FOUND',
          `The file of bulk job ${jobId} was removed while it was read: it ends at byte ${end} of ${fileBytes}`,
        )
      }
    },

    async remove(jobId) {
      // the rows last: as long as they are there, somebody comes back for the files
      await files.removeBelow(String(jobId))
      await bulkDb(store).deleteFrom('bulk_parts').where('job_id', '=', jobId).execute()
    },
  }

  async function bytesOf(jobId: number): Promise<number> {
    const job = await bulkDb(store)
      .selectFrom('bulk_jobs')
      .select('file_bytes')
      .where('id', '=', jobId)
      .executeTakeFirst()
    return job?.file_bytes ?? 0
  }

  async function* partsFrom(jobId: number, fromByte: number) {
    for (let after = -1; ; ) {
      const rows = await bulkDb(store)
        .selectFrom('bulk_parts')
        .select(['number', 'key', 'start_byte', 'bytes'])
        .where('job_id', '=', jobId)
        .where('number', '>', after)
        .where(({ eb }) => eb(eb('start_byte', '+', eb.ref('bytes')), '>', fromByte))
        .orderBy('number')
        .limit(ROWS)
        .execute()
      yield* rows
      const last = rows.at(-1)
      if (!last || rows.length < ROWS) return
      after = last.number
    }
  }

  async function openPart(jobId: number, key: string, bytes: number): Promise<Buffer> {
    const sealed = await files.get(key)
    if (!sealed) {
      throw new ValenceError(
        'UNAVAILABLE',
        `part ${key} of the file of bulk job ${jobId} is not in the file store of this process: all processes need the same one (VALENCE_BULK_FILES, a shared folder or a bucket), and nobody but the hub may remove files there`,
      )
    }
    const part = store.cipher.openBytes(sealed, partContext(jobId, key))
    if (part.length !== bytes) {
      throw new ValenceError('INTERNAL', `part ${key} of bulk job ${jobId} has ${part.length} bytes, expected ${bytes}`)
    }
    return part
  }
}

/** How keys of parts end that this key of the ring sealed. */
export function ringKeyEnding(ringKeyId: string): string {
  return `.${ringKeyId}`
}

/** What a part is bound to. */
function partContext(jobId: number, key: string): string {
  return `bulk_parts of job ${jobId}:${key}`
}
