import type { FileRow } from './file-row.ts'

/** Reads the bytes of a file in their order. */
export interface RowReader {
  /** @throws ValenceError BODY_INVALID with the row and the byte; `rows` then has what came before */
  read(bytes: Buffer, rows: FileRow[]): Promise<void> | void
  /** @throws ValenceError BODY_INVALID when the file ends in the middle of something */
  end(rows: FileRow[]): Promise<void> | void
}
