import type { Transaction } from 'kysely'
import type { BulkTables } from '../bulk-table.ts'

/**
 * Files of jobs, as a row of parts, each sealed and stored by itself: a file that is being written survives any crash up to its last part, and
 * reading one takes the memory of a part, however long it is.
 */
export interface JobFiles {
  /** Seals and stores a part that belongs to no file yet. @throws ValenceError UNAVAILABLE */
  put(jobId: number, bytes: Buffer): Promise<StoredPart>
  /**
   * The part is the next one of the job's file once the transaction commits.
   * @param startByte how long the file is without it
   */
  append(trx: Transaction<BulkTables>, jobId: number, part: StoredPart, startByte: number): Promise<void>
  /** The file, a part at a time. @throws ValenceError UNAVAILABLE, also when a part is missing; NOTHING_FOUND when it was removed meanwhile */
  read(jobId: number, fromByte?: number): AsyncGenerator<Buffer, void, undefined>
  /** All parts of the job, those that belong to no file as well, and their rows. */
  remove(jobId: number): Promise<void>
}

export interface StoredPart {
  key: string
  /** plain */
  bytes: number
}

/** A part is stored once it is about that long. */
export const PART_BYTES = 1024 * 1024
