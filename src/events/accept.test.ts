import { afterAll, beforeAll, expect, test } from 'vitest'
import { elementOf, row } from '../../test/support/engine.ts'
import { openTestStore } from '../../test/support/store.ts'
import { seed } from '../accounts/seed.ts'
import { ValenceError } from '../errors.ts'
import type { Instance } from '../instances/instance.ts'
import { instanceDb } from '../instances/instance-table.ts'
import type { Element } from '../model/element.ts'
import type { Store } from '../store/database.ts'
import { type Arrival, createAccept, type Outcome } from './accept.ts'
import type { ReceivedEvent } from './store-events.ts'

/** What the door does by itself; what it answers to vendors is in test/contracts/event-intake.test.ts. */
let store: Store
let close: () => Promise<void>
beforeAll(async () => {
  ;({ store, close } = await openTestStore())
  await seed(store, {})
  for (const id of [STORED.one, STORED.two, STORED.three]) await addRow(id)
})
afterAll(() => close())

/** Instances that have a row; what they are, `open` says. */
const STORED = { one: 1_001, two: 1_002, three: 1_003 }

async function addRow(id: number): Promise<void> {
  await instanceDb(store)
    .insertInto('instances')
    .values({
      ...{ id, organization_id: 2, account_id: 2, user_id: 2, element_id: 10_001, name: 'Acme', tags: [] },
      ...{ token_ciphertext: '', token_lookup: `${id}`, configuration: '{}', disabled: false },
      ...{ external_authentication: 'none', deleted_at: null, trace_until: null, revocation: null },
      ...{ oauth_proxy: null, application: null },
    })
    .execute()
}

function open(
  receive: (event: ReceivedEvent) => Promise<string | undefined> = async () => 'id',
  { shipped, known = [] }: { shipped?: Element; known?: readonly Instance[] } = {},
) {
  const outcomes: Outcome[] = []
  const looked: number[] = []
  const lines: { facts: object; message: string }[] = []
  const line = (facts: object, message: string) => void lines.push({ facts, message })
  const accept = createAccept({
    store,
    elements: { shipped: { find: () => shipped } } as never,
    now: () => new Date(),
    log: { info: line, warn: line, error: line },
    publishedKeys: { keysAt: async () => undefined },
    finder: {
      byId: (id) => {
        looked.push(id)
        return known.find((one) => one.id === id)
      },
      byToken: () => {
        throw new ValenceError('CREDENTIALS_INVALID', 'no')
      },
    },
    receiver: { receive },
    onArrived: (outcome) => void outcomes.push(outcome),
  })
  return { accept, outcomes, lines, looked }
}

const arrival = (more: Partial<Arrival> = {}): Arrival => ({
  key: 'acme',
  reference: '4711',
  method: 'POST',
  url: 'https://hub.example/elements/api-v2/events/acme/4711',
  query: '',
  contentType: undefined,
  headers: [],
  storedHeaders: {},
  body: Buffer.from('{}'),
  ...more,
})
const settle = (works: Promise<void>[]) => Promise.allSettled(works)

test('events of instances that are not there are stored, but not without end', async () => {
  const stored: ReceivedEvent[] = []
  const { accept, outcomes } = open(async (event) => {
    stored.push(event)
    return 'id'
  })
  const results = await settle(Array.from({ length: 1_000 }, () => accept(arrival())))
  expect(stored.length).toBeGreaterThanOrEqual(500)
  expect(stored.length).toBeLessThan(900)
  expect(stored[0]).toMatchObject({ instanceIds: [4711], unverified: { reference: '4711' } })
  const refused = results.filter((one) => one.status === 'rejected')
  expect(refused[0]?.reason).toMatchObject({ status: 503, headers: { 'retry-after': '10' } })
  expect(outcomes.filter((one) => one === 'turned-away')).toHaveLength(refused.length)
})

const byToken = (name: string) => ({
  'event.vendor.signature.type': 'secret',
  'event.vendor.signature.name': name,
  'event.vendor.signature.key': 's3cret',
})
const instanceWith = (id: number, configuration: Record<string, string>) =>
  ({ id, state: { id, configuration } }) as unknown as Instance

test('what proves the sender is kept for nobody, whichever of its instances asks for it', async () => {
  const stored: ReceivedEvent[] = []
  const known = [instanceWith(STORED.one, byToken('X-One')), instanceWith(STORED.two, byToken('X-Two'))]
  const { accept } = open(async (event) => String(stored.push(event)), { known })
  const headers: [string, string][] = [
    ['X-One', 's3cret'],
    ['X-Two', 's3cret'],
  ]
  const listed = `${STORED.one},${STORED.two}`
  const storedHeaders = { 'element-instances': listed, 'x-one': 's3cret', 'x-two': 's3cret' }
  await accept(arrival({ reference: undefined, headers, storedHeaders }))
  expect(stored[0]?.instanceIds).toEqual([STORED.one, STORED.two])
  expect(stored[0]?.headers).toEqual({ 'element-instances': listed })
})

test('while one of its instances cannot look at it, nobody gets it: it is to be sent again, whatever another says', async () => {
  const published = {
    ...{ 'event.vendor.signature.type': 'jwt', 'event.vendor.signature.name': 'X-Token' },
    ...{ 'event.vendor.signature.algorithm': 'RS256', 'event.vendor.signature.jwt.audience': 'us' },
    'event.vendor.signature.jwks.url': 'https://vendor.example/keys',
  }
  const token = `${Buffer.from('{"alg":"RS256","kid":"1"}').toString('base64url')}.e30.c2ln`
  const known = [
    instanceWith(STORED.one, {}),
    instanceWith(STORED.two, byToken('X-One')),
    instanceWith(STORED.three, published),
  ]
  const stored: ReceivedEvent[] = []
  const { accept, outcomes } = open(async (event) => String(stored.push(event)), { known })
  for (const other of [STORED.one, STORED.two, 77]) {
    const storedHeaders = { 'element-instances': `${other},${STORED.three}` }
    await expect(
      accept(arrival({ reference: undefined, headers: [['X-Token', token]], storedHeaders })),
    ).rejects.toMatchObject({ status: 503, headers: { 'retry-after': '10' } })
  }
  expect(stored).toEqual([])
  expect(outcomes).toEqual(['turned-away', 'turned-away', 'turned-away'])
})

test('of an instance that is still being made, its element says what is proof', async () => {
  const stored: ReceivedEvent[] = []
  const configuration = Object.entries(byToken('X-Token')).map(([key, value]) => row(key, value))
  const { accept } = open(async (event) => String(stored.push(event)), { shipped: elementOf({ configuration }) })
  await accept(arrival({ storedHeaders: { 'x-token': 's3cret', 'x-kind': 'push' } }))
  expect(stored[0]?.instanceIds).toEqual([4711])
  expect(stored[0]?.headers).toEqual({ 'x-kind': 'push' })
})

test('a list of them counts one by one, and none is looked for by itself', async () => {
  const { accept, looked } = open()
  const storedHeaders = { 'element-instances': Array.from({ length: 100 }, (_, at) => at + 1).join() }
  const results = await settle(
    Array.from({ length: 20 }, () => accept(arrival({ reference: undefined, storedHeaders }))),
  )
  expect(results.filter(({ status }) => status === 'fulfilled').length).toBeLessThan(10)
  expect(looked).toEqual([])
})

test('strangers do not fill the log', async () => {
  const { accept, outcomes, lines } = open()
  await settle(Array.from({ length: 200 }, (_, at) => accept(arrival({ key: `nobodys-${at}`, reference: undefined }))))
  expect(outcomes).toHaveLength(200)
  expect(new Set(outcomes)).toEqual(new Set(['nobody']))
  expect(lines.length).toBeLessThan(30)
  expect(lines[0]).toMatchObject({ facts: { element: expect.stringContaining('nobodys-') } })
})

test('what could not be stored is turned away, and the vendor hears of it', async () => {
  const { accept, outcomes } = open(async () => {
    throw new ValenceError('UNAVAILABLE', 'no database')
  })
  await expect(accept(arrival())).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  expect(outcomes).toEqual(['turned-away'])
})

test('a large body is not for many', async () => {
  const { accept, outcomes } = open()
  const body = Buffer.alloc(5 * 1024 * 1024)
  const to = (count: number) => ({
    ...{ reference: undefined, body },
    storedHeaders: { 'element-instances': Array.from({ length: count }, (_, at) => at + 1).join() },
  })
  await accept(arrival(to(6)))
  await expect(accept(arrival(to(7)))).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' })
  expect(outcomes).toEqual(['stored', 'refused'])
})
