import { expect, test } from 'vitest'
import { numbered } from '../../../test/support/upload-room.ts'
import { ValenceError } from '../../errors.ts'
import type { JobFiles } from '../files/job-files.ts'
import type { UploadRequest } from '../job-request.ts'
import { openRows } from './open-rows.ts'

const REQUEST: UploadRequest = {
  ...{ objectName: 'contacts', action: 'create', format: 'json', concurrency: 4, query: {}, metaData: {} },
}

/** A file of ten rows, of which the store gives the first five: each part has some of them. */
function halfAFile() {
  const lines = numbered(10).split(/(?<=\n)/)
  const part = (from: number, to: number) => Buffer.from(lines.slice(from, to).join(''))
  const read: JobFiles['read'] = async function* (_job, from = 0) {
    yield part(0, 5).subarray(from)
    throw new ValenceError('UNAVAILABLE', 'the file store is away')
  }
  return {
    files: { read } as JobFiles,
    byteOf: (row: number) => Buffer.byteLength(lines.slice(0, row).join('')),
  }
}

const open = (position: Parameters<typeof openRows>[1]['position']) =>
  openRows(halfAFile(), { id: 1, request: REQUEST, position })

test('rows before a place that cannot be read are taken', async () => {
  const rows = open({})
  expect((await rows.take(8)).rows).toHaveLength(4)
  await expect(rows.take(8)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
})

test('where some of the rows that were begun cannot be read, none is taken', async () => {
  await expect(open({ row: 1, byte: halfAFile().byteOf(1), begun: 8 }).takeBefore(8)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
  })
})

test('where some of the rows that are done cannot be read, none is taken', async () => {
  const position = { row: 1, byte: halfAFile().byteOf(1), done: [2, 3, 4, 5, 6, 7] }
  await expect(open(position).take(4)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
})

test('the first line of a CSV file is no row, also when its names are known and no row is dealt with', async () => {
  const read: JobFiles['read'] = async function* (_job, from = 0) {
    yield Buffer.from('name,email\nAda,a@example.com\nBen,b@example.com\n').subarray(from)
  }
  const rows = openRows(
    { files: { read } as JobFiles },
    { id: 1, request: { ...REQUEST, format: 'csv' }, position: { begun: 2, header: ['name', 'email'] } },
  )
  const { rows: begun } = await rows.takeBefore(2)
  expect(begun.map(({ record }) => record['name'])).toEqual(['Ada', 'Ben'])
})
