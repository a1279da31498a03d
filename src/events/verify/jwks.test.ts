import { generateKeyPairSync } from 'node:crypto'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createUpstream } from '../../upstream/send.ts'
import { createPublishedKeys, readKeySet } from './jwks.ts'

const KEY = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
const upstream = createUpstream({ allow: ['127.0.0.1'], originMap: new Map() })

let server: Server
let url: string
let asked: number
let now: number
let answer: RequestListener
let kids: string[]

beforeAll(async () => {
  server = createServer((request, response) => {
    asked++
    answer(request, response)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`
})

afterAll(async () => {
  await upstream.close()
  await new Promise((resolve) => server.close(resolve))
})

beforeEach(() => {
  asked = 0
  now = 1e12
  kids = ['one']
  answer = (_request, response) => response.end(JSON.stringify({ keys: kids.map((kid) => ({ ...KEY, kid })) }))
})

const create = () => createPublishedKeys({ send: upstream.send, now: () => new Date(now) })
const minutes = (count: number) => count * 60_000

test('keys are asked for once, however many wait', async () => {
  const keys = create()
  const found = await Promise.all([1, 2, 3].map(() => keys.keysAt(url, 'one')))
  expect(found.map((list) => list?.map(({ kid }) => kid))).toEqual([['one'], ['one'], ['one']])
  await keys.keysAt(url, 'one')
  expect(asked).toBe(1)
})

test('a new key is found, but strange ids cost one request a minute', async () => {
  const keys = create()
  await keys.keysAt(url, 'one')
  kids = ['one', 'two']
  for (let id = 0; id < 50; id++) await keys.keysAt(url, `strange-${id}`)
  expect(asked).toBe(1)
  now += minutes(1) + 1
  expect((await keys.keysAt(url, 'two'))?.map(({ kid }) => kid)).toEqual(['one', 'two'])
  await keys.keysAt(url, 'three')
  expect(asked).toBe(2)
})

test('an id that is not known is looked for before anybody says that there is no such key', async () => {
  const keys = create()
  await keys.keysAt(url, 'one')
  now += 1_000
  const arrivedAt = new Date(now)
  kids = ['one', 'two']
  // asked a moment ago: the vendor may have published it since
  expect(await keys.keysAt(url, 'two', arrivedAt)).toBeUndefined()
  expect(await keys.keysAt(url, 'one', arrivedAt)).toHaveLength(1)
  now += minutes(1)
  expect(await keys.keysAt(url, 'two', arrivedAt)).toHaveLength(2)
  // what arrived before the set was read is not in doubt for another minute
  expect(await keys.keysAt(url, 'strange', arrivedAt)).toHaveLength(2)
  now += minutes(2)
  answer = (_request, response) => response.writeHead(503).end()
  expect(await keys.keysAt(url, 'strange')).toBeUndefined()
  expect(await keys.keysAt(url, 'two')).toHaveLength(2)
})

test('a withdrawn key ends after ten minutes', async () => {
  const keys = create()
  await keys.keysAt(url, 'one')
  kids = ['two']
  now += minutes(10) + 1
  expect((await keys.keysAt(url, 'one'))?.map(({ kid }) => kid)).toEqual(['two'])
})

test('a vendor that does not answer: the known keys last an hour, and it is asked once a minute', async () => {
  const keys = create()
  await keys.keysAt(url, 'one')
  answer = (_request, response) => response.writeHead(503).end()
  now += minutes(11)
  for (let call = 0; call < 10; call++) expect(await keys.keysAt(url, 'one')).toHaveLength(1)
  expect(asked).toBe(2)
  now += minutes(50)
  expect(await keys.keysAt(url, 'one')).toBeUndefined()
})

for (const [name, body] of [
  ['too long', `{"keys":[]}${' '.repeat(300_000)}`],
  ['no JSON', '<html>'],
  ['no set of keys', '{"keys":7}'],
] as const) {
  test(`an answer that is ${name} is none`, async () => {
    answer = (_request, response) => response.end(body)
    expect(await create().keysAt(url, 'one')).toBeUndefined()
  })
}

test('an address that the egress policy refuses has no keys', async () => {
  expect(await create().keysAt('http://10.0.0.1/keys', 'one')).toBeUndefined()
})

test('a set is read for what signs: no secrets, no encryption, no rubbish', () => {
  const keys = [
    { kty: 'oct', k: 'AAAA', kid: 'secret' },
    { ...KEY, use: 'enc', kid: 'encrypts' },
    { kty: 'RSA', n: 1 },
    null,
    'x',
    { ...KEY, use: 'sig', alg: 'EdDSA', kid: 'good' },
  ]
  expect(readKeySet(JSON.stringify({ keys }))).toEqual([{ key: expect.anything(), kid: 'good', alg: 'EdDSA' }])
  expect(readKeySet(JSON.stringify({ keys: Array(500).fill(KEY) }))).toHaveLength(100)
})

test('an answer that drips is no answer', async () => {
  answer = (_request, response) => {
    const drip = setInterval(() => response.write(' '), 20)
    response.on('close', () => clearInterval(drip))
  }
  const keys = createPublishedKeys({ send: upstream.send, now: () => new Date(now), timeoutMs: 200 })
  expect(await keys.keysAt(url, 'one')).toBeUndefined()
})
