import { Readable } from 'node:stream'
import { bulkDb, inBulk } from '../../src/bulk/bulk-table.ts'
import type { UploadRequest } from '../../src/bulk/job-request.ts'
import { openRowError } from '../../src/bulk/row-error.ts'
import { startUpload, type UploadCall } from '../../src/bulk/upload/start-upload.ts'
import type { Caller } from '../../src/model/account.ts'
import type { Element } from '../../src/model/element.ts'
import type { UploadedPart } from '../../src/model/exchange.ts'
import type { Store } from '../../src/store/database.ts'
import { OWNER, openTestBulk } from './bulk.ts'
import { contactsElement, type rowVendor } from './row-vendor.ts'

export const CALLER = { ...OWNER } as unknown as Caller

/** The room of bulk jobs with an instance of `contacts` and a vendor. */
export function openUploadRoom(
  store: Store,
  vendor: Pick<ReturnType<typeof rowVendor>, 'call' | 'isBeforeSend'>,
  element: Element = contactsElement(),
) {
  const room = openTestBulk(store, vendor.call)
  Object.assign(room.context, { isBeforeSend: vendor.isBeforeSend })
  const instance = room.addInstance(element)

  return {
    ...room,
    instance,
    upload: (file: string | Buffer, metaData: unknown = {}, more: Partial<UploadCall> = {}) =>
      startUpload(room.context, CALLER, instance, {
        ...{ objectName: 'contacts', query: {}, parts: [filePart(file), textPart('metaData', metaData)] },
        ...more,
      }),
    /** a job whose file is there */
    async addUpload(file: string, request: Partial<UploadRequest> = {}): Promise<number> {
      const id = await room.addJob(
        instance,
        {
          ...{ objectName: 'contacts', action: 'create', format: 'json', concurrency: 4, query: {}, metaData: {} },
          ...request,
        },
        { file_bytes: Buffer.byteLength(file) },
      )
      const part = await room.files.put(id, Buffer.from(file))
      await store.changes.transaction((trx) => room.files.append(inBulk(trx), id, part, 0))
      return id
    },
    /** in order of the file: number from 1, kind, the record and its status as one */
    async errorsOf(id: number) {
      const rows = await bulkDb(store)
        .selectFrom('bulk_errors')
        .selectAll()
        .where('job_id', '=', id)
        .orderBy('row_number')
        .execute()
      return rows.map((row) => openRowError(store.cipher, row))
    },
  }
}

export function filePart(content: string | Buffer, more: Partial<UploadedPart> = {}): UploadedPart {
  const bytes = Buffer.from(content)
  return {
    ...{ name: 'file', fileName: 'rows.csv', sizeBytes: bytes.length, open: () => Readable.from([bytes]) },
    ...more,
  }
}

export function textPart(name: string, value: unknown): UploadedPart {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return { name, text, sizeBytes: text.length, open: () => Readable.from([Buffer.from(text)]) }
}

/** `count` records as lines of JSON: `{"n":1,"email":"1@x.test"}`. */
export function numbered(count: number): string {
  return Array.from(
    { length: count },
    (_, index) => `${JSON.stringify({ n: index + 1, email: `${index + 1}@x.test` })}\n`,
  ).join('')
}
