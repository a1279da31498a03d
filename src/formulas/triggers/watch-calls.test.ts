import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { beforeEach, describe, expect, test } from 'vitest'
import { ValenceError } from '../../errors.ts'
import type { CallInstance } from '../../instances/call.ts'
import type { Instance } from '../../instances/instance.ts'
import type { Caller } from '../../model/account.ts'
import { JsonText, type ResourceCall, type ResourceReply } from '../../model/exchange.ts'
import type { FormulaLimits } from '../context.ts'
import type { Listener } from './listeners.ts'
import type { HeardCall } from './on-element-call.ts'
import { matchesCall } from './path-matches.ts'
import { requestTrigger } from './request-trigger.ts'
import { watchCalls } from './watch-calls.ts'

const LIMIT = 1_000
const LISTENER: Listener = {
  formula_instance_id: 9,
  number: 0,
  type: 'elementRequest',
  method: 'GET',
  path: '/contacts/{id}',
}
const CALL: ResourceCall = {
  method: 'GET',
  path: '/contacts/12',
  query: { a: '1' },
  headers: { authorization: 'User s3cret', accept: 'x' },
  body: undefined,
}
const none = () => undefined
const log = { debug: none, info: none, warn: none, error: none }
let heard: HeardCall[]
beforeEach(() => {
  heard = []
})

function watched(
  answer: () => ResourceReply | Promise<ResourceReply>,
  listeners: Listener[] | Promise<Listener[]> = [LISTENER],
): (call?: Partial<ResourceCall>) => Promise<ResourceReply> {
  const inner: CallInstance = async () => answer()
  const starts = { add: (one: HeardCall) => void heard.push(one), close: async () => undefined }
  const limits = { triggerBytes: LIMIT } as FormulaLimits
  const call = watchCalls({ limits, log }, { of: () => listeners }, starts, inner)
  return (more = {}) => call({} as Caller, { id: 7 } as Instance, { ...CALL, ...more })
}

const triggers = () => heard.map(({ call, answer }) => requestTrigger(call, answer, LIMIT))
const reply = (body: unknown, headers = {}): ResourceReply => ({ status: 200, headers, body })

describe('a call that somebody listens to', () => {
  test('is told of once it is answered, without the secrets of its caller', async () => {
    const answer = reply({ id: 12 }, { 'elements-returned-count': '1' })
    expect(await watched(() => answer)()).toBe(answer)
    expect(triggers()).toEqual([
      {
        type: 'request',
        request: { body: null, headers: { accept: 'x' }, method: 'GET', path: '/contacts/12', query: { a: '1' } },
        response: { body: { id: 12 }, code: 200, headers: { 'elements-returned-count': '1' } },
      },
    ])
  })

  test('is told of as well when it failed, and fails as it did', async () => {
    const error = new ValenceError('VENDOR_FAILED', 'no such contact', { status: 404, providerMessage: 'gone' })
    await expect(watched(() => Promise.reject(error))()).rejects.toBe(error)
    const response = { body: { message: 'no such contact', providerMessage: 'gone' }, code: 404, headers: {} }
    expect(triggers()).toMatchObject([{ response }])
  })

  test.each(['FORBIDDEN', 'INSTANCE_DISABLED'] as const)('is none when it was refused: %s', async (code) => {
    await expect(watched(() => Promise.reject(new ValenceError(code, 'no')))()).rejects.toThrow('no')
    expect(heard).toEqual([])
  })

  test.each([[{ path: '/accounts' }], [{ path: '/contacts' }], [{ path: '/contacts/12/notes' }], [{ method: 'POST' }]])(
    'is another one than %j',
    async (other) => {
      await watched(() => reply({}))(other)
      expect(heard).toEqual([])
    },
  )

  test('is not held up by who listens being unknown', async () => {
    const known = Promise.withResolvers<Listener[]>()
    await watched(() => reply({ id: 1 }), known.promise)()
    expect(heard).toEqual([])
    known.resolve([LISTENER])
    await known.promise
    await expect.poll(() => heard.length).toBe(1)
  })

  test('is answered when nobody can say who listens', async () => {
    expect(await watched(() => reply({ id: 1 }), Promise.reject(new Error('no database')))()).toMatchObject({
      status: 200,
    })
    expect(heard).toEqual([])
  })
})

describe('what it was answered with', () => {
  const stream = (text: string, type: string) => reply(Readable.from([Buffer.from(text)]), { 'content-type': type })
  const readAll = async (answer: ResourceReply) => (await buffer(answer.body as Readable)).toString()

  test('a stream reaches the caller, and is remembered', async () => {
    expect(await readAll(await watched(() => stream('{"a":1}', 'application/json'))())).toBe('{"a":1}')
    expect(triggers()).toMatchObject([{ response: { body: { a: 1 } } }])
  })

  test.each([
    ['a,b', 'text/csv', { body: 'a,b' }],
    ['{not', 'application/json', { body: '{not' }],
    ['x', 'application/pdf', { body: null, bodyLeftOut: 'a file of the type application/pdf is not kept' }],
    ['x'.repeat(2000), 'text/plain', { body: null, bodyLeftOut: '2000 bytes are more than are kept' }],
  ])('%.5s as %s', async (text, type, response) => {
    expect(await readAll(await watched(() => stream(text, type))())).toBe(text)
    expect(triggers()).toMatchObject([{ response }])
  })

  test('one that breaks off breaks off for the caller', async () => {
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from('12345')
        throw new Error('vendor went away')
      })(),
    )
    const answer = await watched(() => reply(broken))()
    await expect(readAll(answer)).rejects.toThrow('vendor went away')
    expect(triggers()).toMatchObject([{ response: { body: null, bodyLeftOut: 'it broke off after 5 bytes' } }])
  })

  test('a caller who goes away ends it at the vendor', async () => {
    const endless = new Readable({ read: () => undefined })
    const answer = await watched(() => reply(endless))()
    ;(answer.body as Readable).destroy()
    await expect.poll(() => endless.destroyed).toBe(true)
  })

  test('JSON that stayed text is a value, and what is too large is left out, first of the answer', async () => {
    await watched(() => reply(new JsonText('[{"id":1}]', 1)))()
    await watched(() => reply(['x'.repeat(900)]))({ body: { b: 'y'.repeat(100) } })
    await watched(() => reply([]))({ body: { b: 'y'.repeat(2000) } })
    expect(triggers()).toMatchObject([
      { response: { body: [{ id: 1 }] } },
      { request: { body: { b: 'y'.repeat(100) } }, response: { body: null, bodyLeftOut: 'more than 1000 bytes' } },
      { request: { body: null, bodyLeftOut: 'more than 1000 bytes' }, response: { body: null } },
    ])
  })
})

test.each([
  ['/contacts', '/contacts', true],
  ['/contacts/{id}', '/contacts/7', true],
  ['/contacts/{id}', '/contacts', false],
  ['/contacts/{id}', '/contacts/', false],
  ['/contacts/{id}/notes', '/contacts/a%2Fb/notes', true],
  ['/my list', '/my%20list', true],
  ['/contacts', '/Contacts', false],
])('a trigger on %s hears %s: %s', (path, called, expected) => {
  expect(matchesCall({ method: 'GET', path }, { method: 'GET', path: called })).toBe(expected)
})
