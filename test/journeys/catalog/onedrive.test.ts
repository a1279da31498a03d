import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allPages, type CatalogInstance, expectPages, provisionElement } from '../../support/catalog-element.ts'
import { documentsClient } from '../../support/documents-element.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** The two OneDrive elements on the simulator: of persons, and of persons and organizations. */
let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub()
})
afterAll(() => hub.close())

for (const key of ['onedrivev2', 'onedrive'])
  describe(key, () => {
    let drive: CatalogInstance
    let documents: ReturnType<typeof documentsClient>
    beforeAll(async () => {
      drive = await provisionElement(hub, key)
      documents = documentsClient(hub, drive)
    })

    test('folders are listed by path and by id, in pages', async () => {
      const contents = '/hubs/documents/folders/contents'
      expect(await documents.namesIn(contents)).toEqual(['Documents', 'Getting started.pdf', 'Pictures'])
      expect(await documents.namesIn(`${contents}?path=/Pictures/Lamps`)).toEqual(['desk.jpg', 'floor.jpg'])
      const folder = await drive.ok('GET', '/hubs/documents/folders/metadata?path=/Documents')
      expect(folder).toMatchObject({ name: 'Documents', folder: { childCount: 3 } })
      const path = `/hubs/documents/folders/${folder.id}/contents`
      await expectPages(drive, path, 1)
      expect(await allPages(drive, `${contents}?path=/Documents`, 2)).toHaveLength(3)
      expect((await drive.call('GET', `${contents}?path=/nothing`)).status).toBe(404)
    })

    test('a file goes up, is changed, copied, moved, shared, comes down and is deleted', async () => {
      await drive.ok('POST', '/hubs/documents/folders', { path: '/Trips' })
      const sub = await drive.ok('POST', '/hubs/documents/folders', { path: '/Trips/Zoë & co' })
      const path = encodeURIComponent('/Trips/Zoë & co/a #1.txt')
      const made = await documents.upload('POST', `/hubs/documents/files?path=${path}`, 'hello')
      expect(made).toMatchObject({ name: 'a #1.txt', size: 5, parentReference: { id: sub.id } })
      expect(await drive.ok('GET', `/hubs/documents/files/metadata?path=${path}`)).toEqual(made)
      const again = await documents.upload('PUT', `/hubs/documents/files/${made.id}`, 'hello again')
      expect(again).toMatchObject({ id: made.id, size: 11 })
      expect((await documents.download(`/hubs/documents/files?path=${path}`)).text).toContain('Simulated content')
      await drive.ok('PATCH', `/hubs/documents/files/${made.id}/metadata`, { name: 'b.txt' })
      const other = await documents.upload('POST', `/hubs/documents/folders/${sub.id}/files?name=c.txt`, 'c')
      expect(other).toMatchObject({ name: 'c.txt', parentReference: { id: sub.id } })
      await drive.ok('POST', `/hubs/documents/files/${made.id}/copy`, {
        name: 'd.txt',
        parentReference: { id: sub.id },
      })
      expect(await documents.namesIn(`/hubs/documents/folders/${sub.id}/contents`)).toEqual(['b.txt', 'c.txt', 'd.txt'])
      const { link } = await drive.ok('POST', `/hubs/documents/files/${made.id}/links`, { type: 'view' })
      expect(link).toHaveProperty('webUrl')
      expect((await documents.download(`/hubs/documents/files/${made.id}`)).text).toBe('Simulated content of b.txt\n')
      expect(await drive.ok('GET', '/hubs/documents/search?text=b.txt')).toMatchObject([{ id: made.id }])
      await drive.ok('DELETE', `/hubs/documents/files/${made.id}`)
      expect((await drive.call('GET', `/hubs/documents/files/${made.id}/metadata`)).status).toBe(404)
      await drive.ok('DELETE', '/hubs/documents/folders?path=/Trips')
      expect((await drive.call('GET', `/hubs/documents/files/${other.id}/metadata`)).status).toBe(404)
    })

    test('a folder in a folder of an id, and one whose name is taken', async () => {
      const { id } = await drive.ok('GET', '/hubs/documents/folders/metadata?path=/Pictures')
      expect(
        await drive.ok('POST', `/hubs/documents/folders/${id}/folders`, { name: `New "ones" of ${key}` }),
      ).toMatchObject({ name: `New "ones" of ${key}`, folder: { childCount: 0 } })
      expect((await drive.call('POST', '/hubs/documents/folders', { path: '/pictures' })).status).toBe(409)
      expect((await drive.call('POST', '/hubs/documents/folders', { path: '/nothing/x' })).status).toBe(404)
    })

    test('storage and the user', async () => {
      expect((await drive.ok('GET', '/hubs/documents/storage')).quota.total).toBeGreaterThan(0)
      expect((await drive.ok('GET', '/hubs/documents/users/me')).mail).toBe('ada@example.com')
    })
  })

test('element 146 is there and tells about itself (spec 01 §4)', async () => {
  const { status, body } = await hub.call('GET', '/elements/146/metadata?expand=true')
  expect([status, body]).toMatchObject([200, { id: 146, key: 'onedrive', events: { supported: false } }])
})
