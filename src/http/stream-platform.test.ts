import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setImmediate as turn } from 'node:timers/promises'
import { fastify } from 'fastify'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Caller } from '../model/account.ts'
import { createPlatformCredentials } from './platform-credentials.ts'
import { createStreamOwn, createStreamPlatform, type InjectDeps } from './stream-platform.ts'

const CALLER = { userId: 7, accountId: 3, organizationId: 2 } as Caller
const CHUNK = Buffer.alloc(65_536, 'x')
const CHUNKS = 512
const credentials = createPlatformCredentials()
const app = fastify()
const deps: InjectDeps = {
  inject: (request) => app.inject(request),
  credentials,
  publicUrl: () => 'https://hub.test',
}
const stream = createStreamPlatform(deps)
/** what a call sent or was sent last */
let download: Readable
let upload: Readable
let waiting = 0

/** As a file would come: a chunk in a turn. */
function file(onChunk: () => void = () => undefined, chunks = CHUNKS): Readable {
  async function* all() {
    for (let sent = 0; sent < chunks; sent++) {
      onChunk()
      yield CHUNK
      await turn()
    }
  }
  return Readable.from(all(), { objectMode: false })
}

let produced = 0
beforeAll(async () => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, async (_request: unknown, body: unknown) => body)
  app.addContentTypeParser('*', async () => undefined)
  app.get('/elements/api-v2/file', async (_request, reply) => {
    produced = 0
    download = file(() => produced++)
    return reply.send(download)
  })
  app.get('/elements/api-v2/broken', async (_request, reply) => {
    download = file(() => {
      if (++produced === 3) throw new Error('the vendor hung up')
    })
    produced = 0
    return reply.send(download)
  })
  app.post('/elements/api-v2/file', async (request) => {
    upload = request.raw
    let bytes = 0
    for await (const chunk of request.raw.iterator({ destroyOnReturn: false })) bytes += chunk.length
    return { bytes, type: request.headers['content-type'] }
  })
  app.post('/elements/api-v2/refused', async (_request, reply) => reply.code(403).send({ message: 'no' }))
  app.post('/elements/api-v2/silent', () => {
    waiting++
    return new Promise(() => undefined)
  })
  app.get('/elements/api-v2/who', async (request) => ({
    granted: credentials.grantOf(request) !== undefined,
    authorization: request.headers.authorization ?? null,
  }))
  await app.ready()
})
afterAll(() => app.close())

const call = (method: string, path: string, more: object = {}) => stream(CALLER, undefined, { method, path, ...more })

test('an answer comes no faster than it is read', async () => {
  const { status, body } = await call('GET', '/file')
  let read = 0
  let ahead = 0
  for await (const chunk of body) {
    read += chunk.length
    ahead = Math.max(ahead, produced * CHUNK.length - read)
    await turn()
  }
  expect([status, read]).toEqual([200, CHUNKS * CHUNK.length])
  expect(ahead).toBeLessThan(1024 * 1024)
})

test('what one call answers is what another one sends', async () => {
  const { body } = await call('GET', '/file')
  const answer = await call('POST', '/file', { body, headers: { 'Content-Type': 'text/csv' } })
  expect(JSON.parse(await text(answer.body))).toEqual({ bytes: CHUNKS * CHUNK.length, type: 'text/csv' })
})

test('an answer that nobody reads to its end ends whatever writes to it', async () => {
  const { body } = await call('GET', '/file')
  body.destroy()
  await vi.waitFor(() => expect(download.destroyed).toBe(true))
})

test('an answer that breaks off fails where it is read', async () => {
  const { body } = await call('GET', '/broken')
  await expect(text(body)).rejects.toThrow(/before completion|hung up/)
})

test('a body that fails ends the call that sends it', async () => {
  const { body } = await call('GET', '/broken')
  await expect(call('POST', '/file', { body, headers: { 'content-type': 'text/csv' } })).rejects.toThrow(
    /before completion|hung up/,
  )
  expect(upload.destroyed).toBe(true)
})

test('a body that nobody wants is read no further', async () => {
  let read = 0
  const body = file(() => read++)
  const answer = await call('POST', '/refused', { body, headers: { 'content-type': 'text/csv' } })
  expect([answer.status, await text(answer.body)]).toEqual([403, '{"message":"no"}'])
  await vi.waitFor(() => expect(body.destroyed).toBe(true))
  expect(read).toBeLessThan(CHUNKS)
})

for (const [name, body] of [
  ['with a body that was read', { a: 1 }],
  ['with a stream that was read', 'stream'],
  ['without a body', undefined],
] as const) {
  test(`a call ${name} ends with its signal before there is an answer`, async () => {
    const end = new AbortController()
    const sent = body === 'stream' ? file(undefined, 1) : body
    const before = waiting
    const answer = call('POST', '/silent', { body: sent, signal: end.signal })
    await vi.waitFor(() => expect(waiting).toBe(before + 1))
    const why = new Error('cancelled')
    end.abort(why)
    await expect(answer).rejects.toBe(why)
  })
}

test('an answer ends with the signal', async () => {
  const end = new AbortController()
  const { body } = await call('GET', '/file', { signal: end.signal })
  const why = new Error('cancelled')
  end.abort(why)
  await expect(text(body)).rejects.toBe(why)
  await vi.waitFor(() => expect(download.destroyed).toBe(true))
})

test('a signal that is over sends nothing', async () => {
  const before = waiting
  const body = file()
  await expect(call('POST', '/silent', { body, signal: AbortSignal.abort(new Error('over')) })).rejects.toThrow('over')
  expect([waiting, body.destroyed]).toEqual([before, true])
})

test('a body of a call that cannot be made is closed', async () => {
  const body = file()
  await expect(call('TRACE', '/silent', { body })).rejects.toMatchObject({ code: 'PARAMETER_INVALID' })
  expect(body.destroyed).toBe(true)
})

test('of a signal that lives on nothing is left behind', async () => {
  const { signal } = new AbortController()
  const add = vi.spyOn(signal, 'addEventListener')
  const remove = vi.spyOn(signal, 'removeEventListener')
  for (let times = 0; times < 3; times++) await text((await call('GET', '/who', { signal })).body)
  expect(add.mock.calls.length).toBe(3)
  await vi.waitFor(() => expect(remove.mock.calls.length).toBe(3))
})

test('credentials of a call by hand are its own', async () => {
  const own = createStreamOwn(deps)
  const who = async (headers: Record<string, string>) =>
    JSON.parse(await text((await own({ method: 'GET', path: '/who', headers })).body))
  expect(await who({ Authorization: 'User a, Organization b' })).toEqual({
    granted: false,
    authorization: 'User a, Organization b',
  })
  expect(await who({})).toEqual({ granted: false, authorization: null })
  expect(JSON.parse(await text((await call('GET', '/who', { headers: { authorization: 'User a' } })).body))).toEqual({
    granted: true,
    authorization: expect.stringContaining('vpc-'),
  })
})
