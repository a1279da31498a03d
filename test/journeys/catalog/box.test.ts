import { afterAll, beforeAll, expect, test } from 'vitest'
import { allPages, type CatalogInstance, expectPages, provisionElement } from '../../support/catalog-element.ts'
import { documentsClient } from '../../support/documents-element.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** The Box element on the simulator. */
let hub: TestHub
let box: CatalogInstance
let documents: ReturnType<typeof documentsClient>
beforeAll(async () => {
  hub = await startTestHub()
  box = await provisionElement(hub, 'box')
  documents = documentsClient(hub, box)
})
afterAll(() => hub.close())

test('folders are listed, from the root on, in pages', async () => {
  const root: { id: string; name: string }[] = await box.ok('GET', '/hubs/documents/folders/contents')
  expect(root.map(({ name }) => name)).toEqual(['Documents', 'Pictures', 'Getting started.pdf'])
  const path = `/hubs/documents/folders/${root[0]?.id}/contents`
  expect(await documents.namesIn(path)).toEqual(['notes.txt', 'offer.docx', 'report.pdf'])
  await expectPages(box, path, 1)
  expect(await allPages(box, path, 2)).toHaveLength(3)
  expect((await box.call('GET', '/hubs/documents/folders/99/contents')).status).toBe(404)
})

test('a file goes up, is changed, copied, moved, shared, comes down and is deleted', async () => {
  const folder = await box.ok('POST', '/hubs/documents/folders', { name: 'Trips', parent: { id: '0' } })
  expect(folder).toMatchObject({ type: 'folder', name: 'Trips', parent: { id: '0' } })
  const made = await documents.upload('POST', `/hubs/documents/files?name="Zoë".txt&folderId=${folder.id}`, 'hello')
  expect(made).toMatchObject({ type: 'file', name: '"Zoë".txt', size: 5, parent: { id: folder.id, name: 'Trips' } })
  const again = await documents.upload('PUT', `/hubs/documents/files/${made.id}`, 'hello again')
  expect(again).toMatchObject({ id: made.id, size: 11 })
  const named = await box.ok('PATCH', `/hubs/documents/files/${made.id}/metadata`, { name: 'zoe.txt' })
  expect(named).toMatchObject({ id: made.id, name: 'zoe.txt', parent: { id: folder.id } })
  const copy = await box.ok('POST', `/hubs/documents/files/${made.id}/copy`, { parent: { id: '0' }, name: 'copy.txt' })
  expect(copy).toMatchObject({ name: 'copy.txt', parent: { id: '0' } })
  await box.ok('PATCH', `/hubs/documents/files/${copy.id}/metadata`, { parent: { id: folder.id } })
  expect(await documents.namesIn(`/hubs/documents/folders/${folder.id}/contents`)).toEqual(['copy.txt', 'zoe.txt'])
  expect((await box.ok('POST', `/hubs/documents/files/${made.id}/links`)).url).toContain('https://')
  expect((await documents.download(`/hubs/documents/files/${made.id}`)).text).toBe('Simulated content of zoe.txt\n')
  expect(await box.ok('GET', '/hubs/documents/search?text=zoe')).toMatchObject([{ id: made.id }])
  await box.ok('DELETE', `/hubs/documents/files/${made.id}`)
  expect((await box.call('GET', `/hubs/documents/files/${made.id}/metadata`)).status).toBe(404)
  await box.ok('DELETE', `/hubs/documents/folders/${folder.id}`)
  expect((await box.call('GET', `/hubs/documents/files/${copy.id}/metadata`)).status).toBe(404)
})

test('a folder whose name is taken is a conflict', async () => {
  const refused = await box.call('POST', '/hubs/documents/folders', { name: 'documents', parent: { id: '0' } })
  expect([refused.status, refused.body.providerMessage]).toEqual([409, expect.stringContaining('item_name_in_use')])
})

test('users, comments, collaborations and webhooks', async () => {
  const me = await box.ok('GET', '/hubs/documents/users/me')
  expect(await box.ok('GET', `/hubs/documents/users/${me.id}`)).toEqual(me)
  await expectPages(box, '/hubs/documents/users')
  const user = await box.ok('POST', '/hubs/documents/users', { name: 'Bob Byron', login: 'bob@example.org' })
  expect(await box.ok('PATCH', `/hubs/documents/users/${user.id}`, { job_title: 'Poet' })).toMatchObject({
    name: 'Bob Byron',
  })
  const comment = await box.ok('POST', '/hubs/documents/comments', {
    message: 'Nice.',
    item: { type: 'file', id: '1' },
  })
  expect((await box.ok('PATCH', `/hubs/documents/comments/${comment.id}`, { message: 'Very nice.' })).message).toBe(
    'Very nice.',
  )
  await box.ok('DELETE', `/hubs/documents/comments/${comment.id}`)
  const hook = {
    target: { type: 'folder', id: '0' },
    address: 'https://hooks.example.com/x',
    triggers: ['FILE.UPLOADED'],
  }
  const made = await box.ok('POST', '/hubs/documents/webhooks', hook)
  expect(await box.ok('GET', `/hubs/documents/webhooks/${made.id}`)).toMatchObject(hook)
  expect(await allPages(box, '/hubs/documents/webhooks', 1)).toHaveLength(2)
})

test('a page of a search is smaller than one of a folder', async () => {
  const warned = (path: string) => box.call('GET', path).then(({ headers }) => headers.get('elements-error'))
  expect(await warned('/hubs/documents/search?text=a&pageSize=500')).toContain('maximum of this element (200)')
  expect(await warned('/hubs/documents/folders/contents?pageSize=500')).toBeNull()
})
