import { afterAll, beforeAll, expect, test } from 'vitest'
import { elementOf } from '../../test/support/engine.ts'
import { type ListeningSimulator, listenSimulator } from '../../test/support/simulator-listener.ts'
import { checkSimulation } from './load-simulations.ts'

/** Files and folders as simulation.yaml has them: by id, by path, in pages. */
let vendor: ListeningSimulator
const element = {
  ...elementOf({}),
  key: 'attic',
  configuration: [{ key: 'base.url', name: 'base', defaultValue: 'https://api.attic.test/v1' }],
}
const simulation = checkSimulation(
  {
    tree: {
      root: '0',
      idFormat: 'n##',
      samples: { Docs: { 'a.txt': 3, 'b.txt': 4 }, 'c.txt': 5 },
      file: { id: '$id', name: '$name', size: '$sizeBytes', in: '$parentId', path: '$path' },
      folder: { id: '$id', name: '$name', items: '$count' },
      calls: [
        {
          method: 'GET',
          path: '/v1/folders/{id}',
          does: 'list',
          at: 'path.id',
          size: 'query.limit',
          cursor: 'query.after',
          body: { items: '$items', next: '$next', link: '$nextLink' },
        },
        { method: 'GET', path: '/v1/at/{path*}', does: 'read', by: 'path', at: 'path.path' },
        { method: 'POST', path: '/v1/folders', does: 'makeFolder', at: 'body.in.id', name: 'body.name', status: 201 },
        { method: 'POST', path: '/v1/move', does: 'move', at: 'body.id', to: 'body.to', name: 'body.name' },
        { method: 'POST', path: '/v1/copy', does: 'copy', by: 'path', at: 'body.from', to: 'body.to', toPath: true },
        {
          method: 'PUT',
          path: '/v1/up/{path*}',
          does: 'upload',
          by: 'path',
          at: 'path.path',
          refusesTaken: true,
          when: 'query.mode=new',
        },
        { method: 'PUT', path: '/v1/up/{path*}', does: 'upload', by: 'path', at: 'path.path', makesParents: true },
        { method: 'GET', path: '/v1/down/{id}', does: 'download', at: 'path.id', headers: { 'x-about': '$item' } },
        {
          method: 'GET',
          path: '/v1/search',
          does: 'search',
          query: 'query.q',
          each: { hit: '$item' },
          body: { items: '$items', total: '$total' },
        },
        { method: 'DELETE', path: '/v1/at/{path*}', does: 'delete', by: 'path', at: 'path.path' },
      ],
    },
  },
  'attic',
)
beforeAll(async () => {
  vendor = await listenSimulator({ elements: [element], simulations: new Map([['attic', simulation]]) })
})
afterAll(() => vendor.close())

async function call(method: string, target: string, body?: unknown) {
  const isText = typeof body === 'string'
  const headers = { 'content-type': isText ? 'text/plain' : 'application/json' }
  const sent = body === undefined ? {} : { headers, body: isText ? body : JSON.stringify(body) }
  const response = await vendor.call(`/attic/v1${target}`, { method, ...sent })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: /^[{[]/.test(text) ? JSON.parse(text) : undefined,
  }
}

test('a folder is listed in pages, and a cursor knows which one', async () => {
  const first = await call('GET', '/folders/0?limit=1')
  expect(first.body).toMatchObject({ items: [{ id: 'n01', name: 'Docs', items: 2 }], next: expect.any(String) })
  expect(first.body.link).toContain('https://api.attic.test/v1/folders/0?limit=1&after=')
  const second = await call('GET', `/folders/0?after=${first.body.next}`)
  expect(second.body).toEqual({ items: [{ id: 'n04', name: 'c.txt', size: 5, in: '0', path: '/c.txt' }] })
  expect((await call('GET', '/folders/n04')).status).toBe(404)
})

test('what is there is found by its path in any case, and renamed, moved and copied', async () => {
  expect((await call('GET', '/at/docs/A.TXT')).body).toMatchObject({ id: 'n02', size: 3 })
  expect((await call('POST', '/move', { id: 'n02', name: 'z.txt' })).body).toMatchObject({
    id: 'n02',
    path: '/Docs/z.txt',
  })
  expect((await call('POST', '/move', { id: 'n02', to: '0' })).body).toMatchObject({ in: '0', path: '/z.txt' })
  expect((await call('POST', '/copy', { from: '/Docs', to: '/Docs/Inner' })).body).toMatchObject({
    name: 'Inner',
    items: 1,
  })
  expect((await call('GET', '/at/Docs/Inner/b.txt')).status).toBe(200)
  expect((await call('POST', '/copy', { from: '/Docs', to: '/nothing/x' })).status).toBe(404)
})

test('folders are made once', async () => {
  expect(await call('POST', '/folders', { in: { id: '0' }, name: 'New' })).toMatchObject({
    status: 201,
    body: { name: 'New' },
  })
  expect((await call('POST', '/folders', { in: { id: '0' }, name: 'new' })).status).toBe(409)
  expect((await call('POST', '/folders', { in: { id: 'n99' }, name: 'x' })).status).toBe(404)
})

test('files go up, again as a new version, and come down', async () => {
  const made = await call('PUT', '/up/Deep/er/d.txt', 'hello')
  expect(made.body).toMatchObject({ name: 'd.txt', size: 5, path: '/Deep/er/d.txt' })
  expect((await call('PUT', '/up/Deep/er/d.txt?mode=new', 'x')).status).toBe(409)
  expect((await call('PUT', '/up/Deep/er/d.txt', 'hi')).body).toMatchObject({ id: made.body.id, size: 2 })
  const down = await call('GET', `/down/${made.body.id}`)
  expect(down.text).toBe('Simulated content of d.txt\n')
  expect(JSON.parse(down.headers.get('x-about') ?? '')).toMatchObject({ name: 'd.txt' })
  expect((await call('GET', '/search?q=D.T')).body).toMatchObject({ total: 1, items: [{ hit: { name: 'd.txt' } }] })
})

test('what is deleted is gone with all that is in it', async () => {
  expect((await call('DELETE', '/at/Deep')).status).toBe(204)
  expect((await call('GET', '/at/Deep/er/d.txt')).status).toBe(404)
  expect((await call('DELETE', '/at/')).status).toBe(404)
  expect((await call('GET', '/at/%E0%A4%A')).status).toBe(404)
})
