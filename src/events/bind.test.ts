import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { elementOf, row } from '../../test/support/engine.ts'
import { type EventWorld, openEventWorld } from '../../test/support/event-world.ts'
import { ValenceError } from '../errors.ts'
import type { InstanceTables } from '../instances/instance-table.ts'
import { BINDING_WINDOW_MS } from './drop-events.ts'
import { eventDb } from './event-table.ts'
import { parseFinder, valuesAt } from './finders.ts'
import { processQueue } from './process.ts'

const FINDER = 'event.notification.instance.finder'
const HUB = elementOf({
  id: 10_001,
  key: 'github',
  configuration: [row(FINDER, 'github.organization|organization.login')],
})
const SECRET = elementOf({
  id: 10_002,
  key: 'sealed',
  configuration: [
    row(FINDER, 'authorization.token|token'),
    row('authorization.token', undefined, { type: 'PASSWORD' }),
  ],
})
const SILENT = elementOf({ id: 10_003, key: 'silent', configuration: [row(FINDER)] })
const PRIVATE = elementOf({
  id: 10_004,
  key: 'private',
  configuration: [row(FINDER, 'github.organization|organization.login')],
})

let world: EventWorld
let refused: ReadonlySet<number> = new Set()
let undecided: ReadonlySet<number> = new Set()
/** what was handed over to be verified */
let bodies: (Buffer | null)[] = []
/** the event whose proof cannot be opened */
let unreadable: string | undefined
beforeAll(async () => {
  world = await openEventWorld([HUB, SECRET, SILENT], {
    privateElements: [PRIVATE],
    context: {
      async verifyLate({ id }, event) {
        bodies.push(event.body)
        if (event.id === unreadable) throw new ValenceError('INTERNAL', 'events.unverified was altered or moved')
        if (undecided.has(id)) throw new ValenceError('UNAVAILABLE', 'the keys cannot be read')
        return refused.has(id) ? 'the signature is wrong' : undefined
      },
    },
  })
})
afterAll(() => world.close())
beforeEach(async () => {
  refused = new Set()
  undecided = new Set()
  unreadable = undefined
  bodies = []
  world.logged.length = 0
  const { store } = world.context
  await eventDb(store).deleteFrom('event_targets').execute()
  await eventDb(store).deleteFrom('events').execute()
  await store.db.withTables<{ instance_credentials: object }>().deleteFrom('instance_credentials').execute()
  await store.db.withTables<{ instances: object }>().deleteFrom('instances').execute()
})

const bind = (key: string) => processQueue(world.context).run(`e:${key}`, new AbortController().signal)
const lanes = async () => (await world.targets()).map(({ lane }) => lane)
const UNVERIFIED = { url: 'http://hub.test/events/github', headers: [], reference: undefined }
const CANNOT_BE_TOLD = 'whether an event is for an instance cannot be told: it does not get it'
const breakCredentials = (id: number) =>
  world.context.store.db
    .withTables<InstanceTables>()
    .updateTable('instance_credentials')
    .set({ ciphertext: 'v1.gone.AAAA' })
    .where('instance_id', '=', id)
    .execute()
const organization = (login: unknown) => ({ organization: { login } })

describe('a webhook that names no instance goes to', () => {
  test('those whose configuration has its value, whoever they are', async () => {
    const [one, other] = await Promise.all([
      world.addInstance({ element: HUB, configuration: { 'github.organization': 'acme' } }),
      world.addInstance({ element: HUB, configuration: { 'github.organization': 'acme' } }),
      world.addInstance({ element: HUB, configuration: { 'github.organization': 'acme2' } }),
      world.addInstance({ element: HUB, configuration: { 'github.organization': 'acme' }, disabled: true }),
      world.addInstance({ element: SILENT, configuration: { 'github.organization': 'acme' } }),
    ])
    const id = await world.post('github', organization('acme'))
    await bind('github')
    expect((await lanes()).toSorted()).toEqual([`i:${one}`, `i:${other}`].toSorted())
    expect(await world.targets()).toMatchObject([{ event_id: id, account_id: 2, pending: true }, { event_id: id }])
    expect(world.jobs.waiting.filter(({ group }) => group === 'account:2')).toHaveLength(2)
    await world.drain()
    expect(await world.targets()).toMatchObject([{ status: 'CONSUMED' }, { status: 'CONSUMED' }])
  })
  test('however many there are', async () => {
    const configuration = { 'github.organization': 'acme' }
    await Promise.all(Array.from({ length: 120 }, () => world.addInstance({ element: HUB, configuration })))
    await Promise.all(Array.from({ length: 50 }, () => world.post('github', organization('acme'))))
    expect(await bind('github')).toBe('done')
    expect(new Set(await lanes()).size).toBe(120)
    expect(await lanes()).toHaveLength(6_000)
  })
  test('those of a private element that say themselves how they are found', async () => {
    const own = await world.addInstance({
      element: PRIVATE,
      configuration: { [FINDER]: 'site.id|data.site_id', 'site.id': '7' },
    })
    const declared = await world.addInstance({ element: PRIVATE, configuration: { 'github.organization': 'acme' } })
    await world.addInstance({
      element: PRIVATE,
      configuration: { [FINDER]: 'site.id|data.site_id', 'github.organization': 'acme' },
    })
    await world.post('private', { ...organization('acme'), data: { site_id: 7 } })
    await bind('private')
    expect((await lanes()).toSorted()).toEqual([`i:${own}`, `i:${declared}`].toSorted())
  })
  test('none that say themselves how they are found, where the element is everybody’s: it would be found for the events of others', async () => {
    for (const element of [HUB, SILENT])
      await world.addInstance({ element, configuration: { [FINDER]: 'any|eventHeaders.host', any: 'hub.test' } })
    const one = await world.addInstance({ element: HUB, configuration: { 'github.organization': 'acme' } })
    for (const key of ['github', 'silent']) {
      await world.post(key, organization('acme'), { headers: { host: 'hub.test' } })
      await bind(key)
    }
    expect(await lanes()).toEqual([`i:${one}`])
  })
  test('one whose secret it knows', async () => {
    const one = await world.addInstance({ element: SECRET, secrets: { 'authorization.token': 'the-token-of-one' } })
    await world.addInstance({ element: SECRET, secrets: { 'authorization.token': 'the-token-of-another' } })
    await world.post('sealed', { token: 'the-token-of-one' })
    await bind('sealed')
    expect(await lanes()).toEqual([`i:${one}`])
    expect(JSON.stringify(world.logged)).not.toContain('the-token')
  })
  test('one whose secret it knows, also while what another one keeps cannot be opened', async () => {
    const broken = await world.addInstance({ element: SECRET, secrets: { 'authorization.token': 'the-token-of-one' } })
    const one = await world.addInstance({ element: SECRET, secrets: { 'authorization.token': 'the-token-of-one' } })
    await breakCredentials(broken)
    await world.post('sealed', { token: 'the-token-of-one' })
    await bind('sealed')
    expect(await lanes()).toEqual([`i:${one}`])
    expect(world.logged).toMatchObject([
      { message: 'an instance is not found for events: its credentials cannot be opened', instance: broken },
    ])
  })
  test('those that take it, whose large body is read once for all of them', async () => {
    const configuration = { 'github.organization': 'acme' }
    for (let count = 0; count < 3; count++) await world.addInstance({ element: HUB, configuration })
    await world.post('github', { ...organization('acme'), text: 'x'.repeat(100_000) }, { unverified: UNVERIFIED })
    await bind('github')
    expect(await lanes()).toHaveLength(3)
    expect(bodies).toHaveLength(3)
    expect(new Set(bodies).size).toBe(1)
    expect(bodies[0]?.length).toBeGreaterThan(100_000)
  })
  test('those that can be opened, when it is to be verified', async () => {
    const configuration = { 'github.organization': 'acme' }
    const broken = await world.addInstance({ element: HUB, configuration })
    const one = await world.addInstance({ element: HUB, configuration })
    await breakCredentials(broken)
    await world.post('github', organization('acme'), { unverified: UNVERIFIED })
    await bind('github')
    expect(await lanes()).toEqual([`i:${one}`])
    expect(world.logged).toMatchObject([{ message: CANNOT_BE_TOLD, instance: broken }])
  })
  test('those that take it: what one refuses, another may get', async () => {
    const [one, other] = await Promise.all(
      [1, 2].map(() => world.addInstance({ element: HUB, configuration: { 'github.organization': 'acme' } })),
    )
    refused = new Set([one as number])
    const unverified = { url: 'http://hub.test/events/github', headers: [], reference: undefined }
    await world.post('github', organization('acme'), { unverified })
    await bind('github')
    expect(await lanes()).toEqual([`i:${other}`])
    expect(world.logged).toMatchObject([
      { message: 'a webhook was refused', instance: one, why: 'the signature is wrong' },
    ])
    await world.drain()
    expect(await world.targets()).toMatchObject([{ status: 'CONSUMED' }])
  })
})

describe('a webhook for which nobody is found', () => {
  beforeEach(() => world.addInstance({ element: HUB, configuration: { 'github.organization': 'acme' } }))

  test('waits, and keeps nothing else waiting', async () => {
    await world.post('github', organization('later'))
    await world.post('github', organization('acme'))
    await bind('github')
    const targets = await world.targets()
    expect(targets.find(({ lane }) => lane === 'e:github')).toMatchObject({
      pending: true,
      retry_at: new Date(world.context.now().getTime() + 5_000),
    })
    expect(targets).toHaveLength(2)
    expect(world.jobs.waiting.map(({ key }) => key)).toContain('e:github')
  })
  test('because its proof cannot be opened waits as well, and stops nobody', async () => {
    unreadable = await world.post('github', organization('acme'), { unverified: UNVERIFIED })
    const readable = await world.post('github', organization('acme'), { unverified: UNVERIFIED })
    expect(await bind('github')).toBe('done')
    expect(
      (await world.targets()).map(({ event_id, instance_id, retry_at }) => [
        event_id,
        instance_id === null,
        retry_at !== null,
      ]),
    ).toEqual([
      [unreadable, true, true],
      [readable, false, false],
    ])
    expect(world.logged).toMatchObject([{ message: CANNOT_BE_TOLD, event: unreadable }])
    world.moveClock(BINDING_WINDOW_MS)
    await bind('github')
    expect((await world.targets()).map(({ event_id }) => event_id)).toEqual([readable])
  })
  test('finds one that came meanwhile', async () => {
    await world.post('github', organization('later'))
    await bind('github')
    const later = await world.addInstance({ element: HUB, configuration: { 'github.organization': 'later' } })
    await bind('github')
    expect(await lanes()).toEqual(['e:github'])
    world.moveClock(5_000)
    await bind('github')
    expect(await lanes()).toEqual([`i:${later}`])
  })
  test('while the keys of one that was found cannot be read goes to the others, and to that one as soon as they can', async () => {
    const addOne = () => world.addInstance({ element: HUB, configuration: { 'github.organization': 'keyed' } })
    const [ready, waiting] = [await addOne(), await addOne()]
    undecided = new Set([waiting])
    const unverified = { url: 'https://hub.test/events/github', headers: [], reference: undefined }
    await world.post('github', organization('keyed'), { unverified })
    await bind('github')
    expect((await lanes()).toSorted()).toEqual([`i:${ready}`, `i:${waiting}`].toSorted())
    const process = (id: number) => processQueue(world.context).run(`i:${id}`, new AbortController().signal)
    world.moveClock(2 * BINDING_WINDOW_MS)
    await process(waiting)
    await process(ready)
    expect((await world.targets()).map(({ instance_id, pending }) => [instance_id, pending])).toEqual([
      [ready, false],
      [waiting, true],
    ])
    undecided = new Set()
    world.moveClock(60_000)
    await process(waiting)
    expect((await world.targets()).map(({ pending }) => pending)).toEqual([false, false])
    const proofs = await eventDb(world.context.store).selectFrom('events').select('unverified').execute()
    expect(proofs).toEqual([{ unverified: null }])
  })
  test('is forgotten after ten minutes, with one line in the log', async () => {
    await world.post('github', organization('nobody'))
    await world.post('github', organization('nobody else'))
    world.moveClock(BINDING_WINDOW_MS)
    await bind('github')
    expect(await world.targets()).toEqual([])
    expect(await eventDb(world.context.store).selectFrom('events').select('id').execute()).toEqual([])
    expect(world.logged).toMatchObject([
      { message: 'events were dropped', why: 'no instance of github was found', count: 2 },
    ])
  })
  test('is taken when it is delivered again after that', async () => {
    const deliver = () => world.post('github', organization('late'), { dedupeKey: 'delivery 1' })
    await deliver()
    expect(await deliver()).toBeUndefined()
    world.moveClock(BINDING_WINDOW_MS)
    await bind('github')
    expect(await deliver()).toBeDefined()
  })
  for (const [name, key] of [
    ['nobody says how', 'silent'],
    ['there is no such element', 'unheard'],
  ] as const) {
    test(`is forgotten at once when ${name}`, async () => {
      await world.post(key, organization('acme'))
      await bind(key)
      expect(await world.targets()).toEqual([])
      expect(world.logged).toMatchObject([{ why: `no instance of ${key} says how it is found` }])
    })
  }
})

describe('a finder', () => {
  for (const [text, expected] of [
    ['site.id|data.site_id', 'site.id'],
    [' site.id | data.site_id ', 'site.id'],
    ['authorization.token|$.token', 'authorization.token'],
    ['', undefined],
    [null, undefined],
    ['false', undefined],
    ['site.id', undefined],
    ['site.id|', undefined],
    ['|data', undefined],
  ] as const) {
    test(`"${text}" is ${expected ?? 'none'}`, () => expect(parseFinder(text)?.configurationKey).toBe(expected))
  }
  for (const [name, path, body, expected] of [
    ['text', 'a.b', { a: { b: 'x' } }, ['x']],
    ['numbers', 'a', { a: 7 }, ['7']],
    ['each of a list', 'entry[*].id', { entry: [{ id: 1 }, { id: 2 }, {}] }, ['1', '2']],
    ['each of a list of values', 'ids', { ids: ['a', 'b', 'a'] }, ['a', 'b']],
    ['a list in a text', 'userId', { userId: '["u1"]' }, ['u1']],
    ['an object in a text', 'ticket.target', { ticket: '{"target":"t"}' }, ['t']],
    ['headers', 'eventHeaders.x-shop', { eventHeaders: { 'x-shop': 'acme' } }, ['acme']],
    ['nothing of an object', 'a', { a: { b: 1 } }, []],
    ['nothing where nothing is', 'a.b.c', { a: null }, []],
    ['nothing empty', 'a', { a: '' }, []],
    ['nothing that no database takes', 'a', { a: ['\0', '\ud800', 'x'] }, ['x']],
    [
      'not more than anybody sends',
      'a',
      { a: Array.from({ length: 1000 }, (_, at) => at) },
      Array.from({ length: 100 }, (_, at) => String(at)),
    ],
  ] as const) {
    test(`finds ${name}`, () => expect(valuesAt(body, parseFinder(`k|${path}`)!.path)).toEqual(expected))
  }
})
