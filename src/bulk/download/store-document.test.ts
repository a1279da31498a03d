import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestBulk } from '../../../test/support/bulk.ts'
import { elementOf, resource } from '../../../test/support/engine.ts'
import { openTestStore } from '../../../test/support/store.ts'
import { ValenceError } from '../../errors.ts'
import type { ResourceCall, ResourceReply } from '../../model/exchange.ts'
import type { Store } from '../../store/database.ts'
import type { BulkJob } from '../bulk-table.ts'
import type { DownloadRequest } from '../job-request.ts'

let store: Store
let close: () => Promise<void>
beforeAll(async () => ({ store, close } = await openTestStore()))
afterAll(() => close())

/** A download of two contacts whose file goes to a documents instance, which takes it or not. */
function openRoom(take: (call: ResourceCall) => unknown = () => undefined) {
  const stored: { instanceId: number; query: ResourceCall['query']; fileName?: string; text: string }[] = []
  const room = openTestBulk(store, async (_caller, instance, call): Promise<ResourceReply> => {
    if (call.method === 'GET') return { status: 200, headers: {}, body: [{ id: 1, name: 'Ada' }, { id: 2 }] }
    await take(call)
    const [part] = call.parts ?? []
    const chunks: Buffer[] = []
    for await (const chunk of part?.open() ?? []) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString('utf8')
    expect(part).toMatchObject({ name: 'file', sizeBytes: text.length })
    stored.push({
      instanceId: instance.id,
      query: call.query,
      text,
      ...(part?.fileName ? { fileName: part.fileName } : {}),
    })
    return { status: 200, headers: {}, body: {} }
  })
  const contacts = room.addInstance(elementOf({ resources: [resource('GET', '/contacts')] }))
  const documents = room.addInstance(elementOf({ resources: [resource('POST', '/files')] }))
  const add = (path: string, fields: Partial<BulkJob> = {}, more: Partial<DownloadRequest> = {}) => {
    const docs = { instanceId: documents.id, path }
    const request = { objectName: 'contacts', query: {}, metaData: {}, docs, ...more }
    return room.addJob(contacts, request, fields)
  }
  return { ...room, stored, documents, add }
}

describe('the finished file', () => {
  test('is not written out as a table that is far longer than a file may be', async () => {
    const { add, run, job, context, stored } = openRoom()
    context.limits.fileBytes = 40
    const id = await add('/exports/contacts.csv', {}, { fields: ['id', 'x'.repeat(100)] })
    await run()
    expect(stored).toEqual([])
    expect(await job(id)).toMatchObject({
      status: 'COMPLETED',
      message: expect.stringContaining('longer than 40 bytes'),
    })
  })

  test('goes to the documents as well, in the format that was asked for', async () => {
    const { add, run, job, stored, documents } = openRoom()
    const csv = await add('/exports/contacts.csv')
    const jsonl = await add('/exports/', { file_format: 'jsonl' })
    await run()
    const instanceId = documents.id
    const path = `/exports/contacts_${jsonl}.jsonl`
    expect(stored).toEqual([
      {
        ...{ instanceId, fileName: `contacts_${csv}.csv`, text: 'id,name\n1,Ada\n2,\n' },
        query: { path: '/exports/contacts.csv', name: 'contacts.csv' },
      },
      {
        ...{ instanceId, fileName: `contacts_${jsonl}.jsonl`, text: '{"id":1,"name":"Ada"}\n{"id":2}\n' },
        query: { path, name: `contacts_${jsonl}.jsonl` },
      },
    ])
    const message = `The file was stored at ${path} of instance ${instanceId}`
    expect(await job(jsonl)).toMatchObject({ status: 'COMPLETED', records_count: 2, message, error: null })
  })

  test('stays where it is when they do not take it, which is told', async () => {
    const full = new ValenceError('VENDOR_FAILED', 'Request failed', { status: 400, providerMessage: 'disk is full' })
    const { add, run, job, documents } = openRoom(() => Promise.reject(full))
    const [first, second] = [await add('/a.csv'), await add('/b.csv')]
    await run()
    const of = `of instance ${documents.id}`
    const message = `The file could not be stored at /a.csv ${of}: Request failed: disk is full`
    expect(await job(first)).toMatchObject({ status: 'COMPLETED', records_count: 2, message })
    Object.assign(documents, { accountId: 999 })
    const third = await add('/c.csv')
    await run()
    expect(await job(second)).toMatchObject({ status: 'COMPLETED' })
    expect(await job(third)).toMatchObject({
      status: 'COMPLETED',
      message: expect.stringContaining('there is no element instance'),
    })
  })

  test('is sent again when the process died meanwhile, and the vendor is not asked for rows again', async () => {
    let tries = 0
    const { add, run, job, queue, stored } = openRoom(() =>
      ++tries === 1 ? Promise.reject(new Error('killed')) : undefined,
    )
    const id = await add('/a.csv')
    await expect(queue.run(String(id), new AbortController().signal)).rejects.toThrow('killed')
    expect(await job(id)).toMatchObject({ status: 'RUNNING', records_count: 2, position: { isDone: true } })
    await run()
    expect(stored).toHaveLength(1)
    expect(await job(id)).toMatchObject({ status: 'COMPLETED', records_count: 2 })
  })
})
