import { afterAll, beforeAll, expect, test } from 'vitest'
import { allPages, type CatalogInstance, expectPages, provisionElement } from '../../support/catalog-element.ts'
import { documentsClient } from '../../support/documents-element.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** The Dropbox element on the simulator. */
let hub: TestHub
let dropbox: CatalogInstance
let documents: ReturnType<typeof documentsClient>
beforeAll(async () => {
  hub = await startTestHub()
  dropbox = await provisionElement(hub, 'dropbox')
  documents = documentsClient(hub, dropbox)
})
afterAll(() => hub.close())

const lastRequest = () => hub.hub.simulator?.requests(1, 'shown').at(-1)

test('folders are listed by path and by id', async () => {
  expect(await documents.namesIn('/hubs/documents/folders/contents')).toEqual([
    'Documents',
    'Getting started.pdf',
    'Pictures',
  ])
  expect(await documents.namesIn('/hubs/documents/folders/contents?path=/Documents')).toEqual([
    'notes.txt',
    'offer.docx',
    'report.pdf',
  ])
  const [folder] = await dropbox.ok('GET', '/hubs/documents/folders/contents?path=/Pictures')
  expect(folder).toMatchObject({ '.tag': 'folder', path_display: '/Pictures/Lamps' })
  expect(await documents.namesIn(`/hubs/documents/folders/${folder.id}/contents`)).toEqual(['desk.jpg', 'floor.jpg'])
  expect((await dropbox.call('GET', '/hubs/documents/folders/contents?path=/nothing')).status).toBe(404)
})

test('lists go on by cursor', async () => {
  await expectPages(dropbox, '/hubs/documents/folders/contents?path=/Documents', 1)
  expect(await allPages(dropbox, '/hubs/documents/folders/contents', 1)).toHaveLength(3)
})

test('a file goes up, is found, changed, copied, moved, comes down and is deleted', async () => {
  const made = await documents.upload('POST', '/hubs/documents/files?path=/Trips/"Zoë".txt', 'hello')
  expect(made).toMatchObject({ '.tag': 'file', name: '"Zoë".txt', path_display: '/Trips/"Zoë".txt', size: 5 })
  expect(lastRequest()).toMatchObject({ method: 'POST' })
  expect(lastRequest()?.headers).toMatchObject({ 'content-type': 'application/octet-stream', 'content-length': '5' })
  const again = await documents.upload('PUT', '/hubs/documents/files?path=/Trips/"Zoë".txt', 'hello again')
  expect(again).toMatchObject({ id: made.id, size: 11 })
  expect(await dropbox.ok('GET', `/hubs/documents/files/${made.id}/metadata`)).toEqual(again)
  expect((await documents.download(`/hubs/documents/files/${made.id}`)).text).toContain('Simulated content')
  await dropbox.ok('POST', '/hubs/documents/files/copy?path=/Trips/"Zoë".txt', { path: '/Documents/copy.txt' })
  await dropbox.ok('PATCH', `/hubs/documents/files/${made.id}/metadata`, { path: '/Trips/zoe.txt' })
  expect(await documents.namesIn('/hubs/documents/folders/contents?path=/Trips')).toEqual(['zoe.txt'])
  const { text, disposition } = await documents.download('/hubs/documents/files?path=/Trips/zoe.txt')
  expect([text, disposition]).toEqual(['Simulated content of zoe.txt\n', 'attachment; filename="zoe.txt"'])
  const found = await dropbox.ok('GET', '/hubs/documents/search?text=copy')
  expect(found).toMatchObject([{ name: 'copy.txt' }])
  await dropbox.ok('DELETE', `/hubs/documents/files/${made.id}`)
  expect((await dropbox.call('GET', '/hubs/documents/files/metadata?path=/Trips/zoe.txt')).status).toBe(404)
})

test('folders are made, copied and deleted whole', async () => {
  await dropbox.ok('POST', '/hubs/documents/folders', { path: '/A/B' })
  await documents.upload('POST', '/hubs/documents/files?path=/A/B/c.txt', 'c')
  await dropbox.ok('POST', '/hubs/documents/folders/copy?path=/A', { path: '/A2' })
  expect(await documents.namesIn('/hubs/documents/folders/contents?path=/A2/B')).toEqual(['c.txt'])
  await dropbox.ok('DELETE', '/hubs/documents/folders?path=/A')
  expect((await dropbox.call('GET', '/hubs/documents/folders/metadata?path=/A')).status).toBe(404)
})

test('links, versions, storage and the user', async () => {
  expect(await dropbox.ok('POST', '/hubs/documents/files/links?path=/Documents/notes.txt', {})).toHaveProperty('url')
  expect(await dropbox.ok('GET', '/hubs/documents/files/links?path=/Documents/notes.txt')).toHaveProperty('link')
  expect(await dropbox.ok('GET', '/hubs/documents/files/revisions?path=/Documents/notes.txt')).toHaveLength(1)
  expect((await dropbox.ok('GET', '/hubs/documents/storage')).used).toBeGreaterThan(0)
  expect((await dropbox.ok('GET', '/hubs/documents/users/me')).email).toBe('ada@example.com')
})

test('its metadata lists webhooks (spec 01 §4)', async () => {
  const { body } = await hub.call('GET', '/elements/dropbox/metadata')
  expect(body.events).toMatchObject({ supported: true, methods: ['webhook'], webhook: { files: {} } })
})
