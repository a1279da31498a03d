import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ValenceError } from '../errors.ts'
import { createEventBodies } from './read-event-body.ts'

/** Each request waits until somebody takes it. */
const arrived: IncomingMessage[] = []
let wake: () => void = () => undefined
const server = createServer((request) => {
  arrived.push(request)
  wake()
})
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

/** A request whose head is out; the test writes the body. */
async function open(headers: Record<string, string> = { 'transfer-encoding': 'chunked' }) {
  const { port } = server.address() as AddressInfo
  const sender = httpRequest({ port, host: '127.0.0.1', method: 'POST', headers, agent: false })
  sender.on('error', () => undefined)
  sender.flushHeaders()
  const before = arrived.length
  while (arrived.length === before) await new Promise<void>((resolve) => (wake = resolve))
  return { sender, request: arrived.at(-1)! }
}

const LIMITS = { bytes: 100, totalBytes: 150, smallTotalBytes: 20, smallBytes: 10, timeoutMs: 5_000 }
const codeOf = (reading: Promise<Buffer>) =>
  reading.then(
    (body) => body.toString(),
    (error: ValenceError) => `${error.code} ${error.status}`,
  )

test('chunks are one body', async () => {
  const { sender, request } = await open()
  const reading = createEventBodies(LIMITS)().read(request)
  sender.write('a')
  sender.end('b')
  expect(await codeOf(reading)).toBe('ab')
})

test('all that are not answered yet have so many bytes together, and give them back', async () => {
  const bodies = createEventBodies(LIMITS)
  const [one, two, three] = [bodies(), bodies(), bodies()]
  const send = async (body: ReturnType<typeof bodies>, size = 80) => {
    const { sender, request } = await open()
    sender.end('x'.repeat(size))
    return codeOf(body.read(request))
  }
  expect(await send(one)).toHaveLength(80)
  expect(await send(two)).toBe('UNAVAILABLE 503')
  one.release()
  two.release()
  expect(await send(three)).toHaveLength(80)
  const [four, ...small] = Array.from({ length: 4 }, bodies)
  expect(await send(four!, 70)).toHaveLength(70)
  const sizes: string[] = []
  for (const body of small) sizes.push(await send(body, 8))
  expect(sizes, 'small ones have something for themselves').toEqual(['x'.repeat(8), 'x'.repeat(8), 'UNAVAILABLE 503'])
})

test('one that says that it is too large is not read', async () => {
  const { request } = await open({ 'content-length': '101' })
  expect(await codeOf(createEventBodies(LIMITS)().read(request))).toBe('BODY_TOO_LARGE 413')
})

test('one that becomes too large is read no further', async () => {
  const { sender, request } = await open()
  sender.write('x'.repeat(101))
  expect(await codeOf(createEventBodies(LIMITS)().read(request))).toBe('BODY_TOO_LARGE 413')
})

test('one that never ends is given up', async () => {
  const { sender, request } = await open()
  sender.write('a')
  expect(await codeOf(createEventBodies({ ...LIMITS, timeoutMs: 30 })().read(request))).toBe('BODY_INVALID 408')
})

test('a connection that breaks ends the reading', async () => {
  const { sender, request } = await open()
  sender.write('a')
  const reading = codeOf(createEventBodies(LIMITS)().read(request))
  sender.destroy()
  expect(await reading).toBe('BODY_INVALID 400')
})
