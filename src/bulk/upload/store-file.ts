import { ValenceError } from '../../errors.ts'
import { type BulkJob, inBulk } from '../bulk-table.ts'
import type { BulkContext } from '../context.ts'
import { assertShare } from '../files/account-share.ts'
import { PART_BYTES } from '../files/job-files.ts'

type World = Pick<BulkContext, 'store' | 'files' | 'limits' | 'now'>

/** Enough to tell what a file is. */
const START_BYTES = 64 * 1024

export interface StoredFile {
  bytes: number
  /** some KB of its beginning */
  start: Buffer
}

/**
 * A file on its way into the parts of its job, part by part: memory of one.
 *
 * @throws ValenceError BODY_TOO_LARGE past the limit of a file; what `assertShare` says past the one of the account; NOT_FOUND when the job was
 * removed meanwhile; UNAVAILABLE
 */
export async function storeFile(world: World, job: BulkJob, chunks: AsyncIterable<Buffer>): Promise<StoredFile> {
  const { fileBytes } = world.limits
  let waiting: Buffer[] = []
  let waitingBytes = 0
  let bytes = 0
  let start: Buffer = Buffer.alloc(0)

  for await (const chunk of chunks) {
    if (start.length < START_BYTES) start = Buffer.concat([start, chunk.subarray(0, START_BYTES - start.length)])
    waiting.push(chunk)
    waitingBytes += chunk.length
    if (bytes + waitingBytes > fileBytes) {
      throw new ValenceError('BODY_TOO_LARGE', `The file is longer than ${fileBytes} bytes, the most that one may have`)
    }
    if (waitingBytes >= PART_BYTES) await flush()
  }
  if (waitingBytes > 0) await flush()
  return { bytes, start }

  async function flush(): Promise<void> {
    await storePart(world, job, Buffer.concat(waiting), bytes)
    bytes += waitingBytes
    waiting = []
    waitingBytes = 0
  }
}

async function storePart(
  { store, files, limits, now }: World,
  { id, account_id }: BulkJob,
  part: Buffer,
  startByte: number,
): Promise<void> {
  await assertShare({ store, limits }, account_id, part.length)
  const stored = await files.put(id, part)
  const end = startByte + part.length
  await store.changes.transaction(async (trx) => {
    const db = inBulk(trx)
    const row = await db
      .updateTable('bulk_jobs')
      .set({ file_bytes: end, stored_bytes: end, updated_at: now() })
      .where('id', '=', id)
      .where('status', '=', 'RECEIVING')
      .where('removed_at', 'is', null)
      .returning('id')
      .executeTakeFirst()
    if (!row) throw new ValenceError('NOT_FOUND', `Bulk job ${id} was removed while its file was received`)
    await files.append(db, id, stored, startByte)
  })
}
