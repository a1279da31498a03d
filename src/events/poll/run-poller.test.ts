// biome-ignore-all lint/suspicious/noTemplateCurlyInString: tokens of poll addresses
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answer, elementOf, parameter, resource } from '../../../test/support/engine.ts'
import { createTestPoller, type TestPoller } from '../../../test/support/poller.ts'
import { openTestStore } from '../../../test/support/store.ts'
import { credentialsInvalid, ValenceError } from '../../errors.ts'
import type { Element } from '../../model/element.ts'
import type { VendorReply, VendorRequest } from '../../model/exchange.ts'
import type { Store } from '../../store/database.ts'

const MINUTE = 60_000
const START = Date.parse('2024-07-15T10:00:00Z')
const DATES = { updatedDateField: 'updated', createdDateField: 'created' }

let store: Store
let close: () => Promise<void>
beforeAll(async () => {
  ;({ store, close } = await openTestStore())
})
afterAll(() => close())

const element = elementOf({
  resources: ['/contacts', '/deals'].map((path) =>
    resource('GET', path, {
      parameters: [parameter('query since', 'query since'), parameter('query page', 'query page')],
    }),
  ),
})

interface Setting {
  answers(request: VendorRequest): VendorReply
  resources?: Record<string, object>
  more?: Record<string, string>
  element?: Element
}

async function pollerOf({ answers, resources, more, element: own = element }: Setting): Promise<TestPoller> {
  const since = "since=${gmtDate:yyyy-MM-dd'T'HH:mm:ss'Z'}"
  const entry = (path: string) => ({ url: `/hubs/crm${path}?${since}`, idField: 'id', datesConfiguration: DATES })
  const configuration = resources ?? { contacts: entry('/contacts') }
  const poller = createTestPoller(
    store,
    {
      element: own,
      vendor: answers,
      configuration: { 'event.poller.configuration': JSON.stringify(configuration), ...more },
    },
    { ms: START },
  )
  await poller.follow()
  poller.clock.ms += 15 * MINUTE
  return poller
}

const contact = (id: string, updated: string, created = updated) => ({ id, created, updated })
const pathOf = ({ url }: VendorRequest) => new URL(url).pathname.replace('/v1', '')

describe('one run', () => {
  test('after the clock was a day ahead tells what changed since it was set right', async () => {
    let records = [contact('a1', '2024-07-15T10:11:12Z')]
    const poller = await pollerOf({ answers: () => answer(200, records) })
    poller.clock.ms += 24 * 60 * MINUTE
    await poller.run()
    poller.clock.ms = START + 30 * MINUTE
    records = [contact('a2', '2024-07-15T10:20:00Z')]
    await poller.run()
    const idsOf = (body: object) => JSON.stringify(body).match(/"id":"a\d"/g)
    expect((await poller.events()).flatMap(idsOf)).toEqual(['"id":"a1"', '"id":"a2"'])
    await poller.run()
    expect(await poller.events()).toHaveLength(2)
  })

  test('whose commit is lost on its way back tells once, and the other resources have their turn', async () => {
    const asked: string[] = []
    const poller = await pollerOf({
      answers: (request) => {
        asked.push(pathOf(request))
        return answer(200, [contact('a1', '2024-07-15T10:11:12Z')])
      },
      resources: {
        contacts: { url: '/hubs/crm/contacts', idField: 'id', datesConfiguration: DATES },
        deals: { url: '/hubs/crm/deals', idField: 'id', datesConfiguration: DATES },
      },
    })
    poller.context.store = {
      ...store,
      changes: {
        ...store.changes,
        async transaction(work) {
          poller.context.store = store
          await store.changes.transaction(work)
          throw new ValenceError('UNAVAILABLE', 'the connection to the database was lost')
        },
      },
    }
    await poller.run()
    expect(asked).toEqual(['/contacts', '/deals'])
    poller.clock.ms += MINUTE
    await poller.run()
    expect((await poller.events()).map(({ objectType }) => objectType)).toEqual(['contacts', 'deals'])
  })

  test('what changed is stored as if it had been posted (spec 40 §7.8)', async () => {
    const asked: string[] = []
    const poller = await pollerOf({
      answers: (request) => {
        asked.push(new URL(request.url).search)
        return answer(200, [
          contact('a1', '2024-07-15T10:11:12Z'),
          contact('a2', '2024-07-15T10:12:00Z', '2024-07-01T00:00:00Z'),
          { ...contact('a3', '2024-07-15T10:13:00Z'), deleted: true },
          contact('old', '2024-07-15T09:59:00Z'),
        ])
      },
    })
    expect(await poller.run()).toEqual({})
    expect(asked).toEqual(['?since=2024-07-15T09%3A55%3A00Z&page=1'])
    const common = { pollDate: '2024-07-15T10:15:00Z', elementKey: 'acme', hubKey: 'crm', objectType: 'contacts' }
    expect(await poller.events()).toEqual([
      {
        instance_id: poller.instance.id,
        objectType: 'contacts',
        pollDate: START + 15 * MINUTE,
        contacts: [
          contact('a1', '2024-07-15T10:11:12Z'),
          contact('a2', '2024-07-15T10:12:00Z', '2024-07-01T00:00:00Z'),
          { ...contact('a3', '2024-07-15T10:13:00Z'), deleted: true },
        ],
        events: [
          { ...common, objectId: 'a1', eventType: 'CREATED', date: '2024-07-15T10:11:12Z' },
          { ...common, objectId: 'a2', eventType: 'UPDATED', date: '2024-07-15T10:12:00Z' },
          { ...common, objectId: 'a3', eventType: 'DELETED', date: '2024-07-15T10:13:00Z' },
        ],
      },
    ])
    expect(await poller.checkpoints()).toMatchObject([
      {
        object_type: 'contacts',
        last_poll_date: new Date(START + 15 * MINUTE),
        read_from: new Date(START + 10 * MINUTE),
        failures: 0,
        message: null,
      },
    ])
  })

  test('every call is in the usage log, of the owner', async () => {
    const poller = await pollerOf({ answers: () => answer(200, []) })
    await poller.run()
    expect(poller.facts).toEqual([
      expect.objectContaining({ userId: 2, method: 'GET', url: '/elements/api-v2/hubs/crm/contacts', status: 200 }),
    ])
  })

  test('nothing new, no event; the next poll begins later all the same', async () => {
    const poller = await pollerOf({ answers: () => answer(200, []) })
    await poller.run()
    expect([await poller.events(), (await poller.checkpoints())[0]?.['last_poll_date']]).toEqual([
      [],
      new Date(START + 15 * MINUTE),
    ])
  })

  test('after a night without runs, one poll reads all of it', async () => {
    const asked: string[] = []
    const poller = await pollerOf({
      answers: ({ url }) => {
        asked.push(new URL(url).searchParams.get('since') ?? '')
        return answer(200, [contact('a', '2024-07-15T20:00:00Z')])
      },
    })
    await poller.run()
    poller.clock.ms += 12 * 60 * MINUTE
    await poller.run()
    expect(asked).toEqual(['2024-07-15T09:55:00Z', '2024-07-15T10:10:00Z'])
    expect((await poller.events()).length).toBe(1)
  })

  test('a resource that is called events is told as well', async () => {
    const poller = await pollerOf({
      answers: () => answer(200, [contact('a', '2024-07-15T10:11:12Z')]),
      resources: { events: { url: '/contacts', idField: 'id', datesConfiguration: DATES } },
    })
    await poller.run()
    expect((await poller.events())[0]?.events).toEqual([
      expect.objectContaining({
        objectType: 'events',
        objectId: 'a',
        eventType: 'CREATED',
        created: '2024-07-15T10:11:12Z',
      }),
    ])
  })

  test('where the element has an event hook, the payload does not say what happened', async () => {
    const hooks = [{ type: 'event', mimeType: 'application/javascript', isLegacy: false, body: 'done({events: []})' }]
    const poller = await pollerOf({
      answers: () => answer(200, [contact('a', '2024-07-15T10:11:12Z')]),
      element: { ...element, hooks } as Element,
    })
    await poller.run()
    expect((await poller.events()).map((body) => 'events' in body)).toEqual([false])
  })
})

describe('what was there before polling is not told', () => {
  for (const [name, entry, first, second, expected] of [
    ['without a date and without a filter', { url: '/contacts' }, [{ id: 1 }], [{ id: 1 }, { id: 2 }], [[{ id: 2 }]]],
    [
      'without a date, by the filter of the vendor',
      { url: '/contacts?since=${epoch:s}' },
      [{ id: 1 }],
      [{ id: 1 }, { id: 1, name: 'x' }],
      [[{ id: 1 }], [{ id: 1, name: 'x' }]],
    ],
    [
      'of days',
      { url: '/contacts', datesConfiguration: { updatedDateField: 'day' } },
      [{ id: 1, day: '2024-07-15' }],
      [
        { id: 1, day: '2024-07-15' },
        { id: 2, day: '2024-07-15' },
      ],
      [[{ id: 2, day: '2024-07-15' }]],
    ],
  ] as const) {
    test(name, async () => {
      let answers: readonly object[] = first
      const poller = await pollerOf({
        answers: () => answer(200, answers),
        resources: { contacts: { idField: 'id', ...entry } },
      })
      await poller.run()
      answers = second
      poller.clock.ms += 15 * MINUTE
      await poller.run()
      await poller.run()
      expect((await poller.events()).map((body) => body['contacts'])).toEqual(expected)
    })
  }
})

describe('a resource that fails', () => {
  const two = {
    contacts: { url: '/contacts', idField: 'id', datesConfiguration: DATES },
    deals: { url: '/deals', idField: 'id', datesConfiguration: DATES },
  }

  test('neither stops the others nor loses its place', async () => {
    let isDown = true
    const poller = await pollerOf({
      resources: two,
      answers: (request) =>
        isDown && pathOf(request) === '/contacts'
          ? answer(400, { error: 'no such field' })
          : answer(200, [contact('a', '2024-07-15T10:11:12Z')]),
    })
    expect(await poller.run()).toEqual({ message: expect.stringMatching(/^contacts: /) })
    expect(await poller.checkpoints()).toMatchObject([
      { object_type: 'contacts', last_poll_date: null, read_from: new Date(START - 5 * MINUTE), failures: 1 },
      { object_type: 'deals', last_poll_date: new Date(START + 15 * MINUTE), failures: 0 },
    ])
    isDown = false
    poller.clock.ms += 15 * MINUTE
    expect(await poller.run()).toEqual({})
    expect((await poller.events()).map(({ objectType }) => objectType)).toEqual(['deals', 'contacts'])
    expect(await poller.checkpoints()).toMatchObject([{ failures: 0, message: null, next_allowed_at: null }, {}])
  })

  test('is left alone longer and longer, and as long as the vendor asks', async () => {
    let asked = 0
    let headers: Record<string, string> = {}
    const poller = await pollerOf({
      answers: () => {
        asked++
        return answer(400, {}, headers)
      },
    })
    const runs = async (count: number) => {
      asked = 0
      for (let run = 0; run < count; run++) {
        await poller.run()
        poller.clock.ms += 15 * MINUTE
      }
      return asked
    }
    expect(await runs(2)).toBe(2)
    expect(await runs(2)).toBe(1)
    headers = { 'retry-after': '7200' }
    expect(await runs(4)).toBe(1)
    expect(await runs(7)).toBe(0)
    expect(await runs(1)).toBe(1)
  })

  test('tells what it found until then, once', async () => {
    let isDown = true
    const poller = await pollerOf({
      answers: ({ url }) => {
        const page = new URL(url).searchParams.get('page')
        if (page === '2' && isDown) return answer(400, {})
        const from = page === '2' ? 200 : 0
        return answer(
          200,
          Array.from({ length: page === '2' ? 3 : 200 }, (_, at) => contact(`c${from + at}`, '2024-07-15T10:11:12Z')),
        )
      },
    })
    await poller.run()
    isDown = false
    poller.clock.ms += 15 * MINUTE
    await poller.run()
    expect((await poller.events()).map((body) => (body['contacts'] as unknown[]).length)).toEqual([200, 3])
  })

  test('by its settings is told of and not asked for', async () => {
    const poller = await pollerOf({
      answers: () => answer(200, []),
      resources: { lists: { url: '/lists/{id}/members' }, contacts: two.contacts, broken: {} },
    })
    expect((await poller.run()).message?.split('\n')).toEqual([
      'broken: "url" is missing',
      expect.stringMatching(/^lists: \{id\} in its url stands for no value/),
    ])
    expect(poller.facts.length).toBe(1)
  })
})

test('of two runs at once, one counts', async () => {
  const poller = await pollerOf({ answers: () => answer(200, [contact('a', '2024-07-15T10:11:12Z')]) })
  await Promise.all([poller.run(), poller.run()])
  expect((await poller.events()).length).toBe(1)
})

test('a run that is told to end has stored what it found', async () => {
  const ending = new AbortController()
  const poller = await pollerOf({
    answers: ({ url }) => {
      if (url.includes('page=2')) ending.abort()
      const page = Number(new URL(url).searchParams.get('page'))
      return answer(
        200,
        Array.from({ length: 200 }, (_, at) => contact(`${page}-${at}`, '2024-07-15T10:11:12Z')),
      )
    },
  })
  await expect(poller.run(ending.signal)).rejects.toThrow()
  expect((await poller.events()).map((body) => (body['contacts'] as unknown[]).length)).toEqual([400])
  expect(await poller.checkpoints()).toMatchObject([{ last_poll_date: null, failures: 0 }])
})

test('nobody is polled whose owner is gone, or who has nothing to poll', async () => {
  const poller = await pollerOf({ answers: () => answer(200, []) })
  const inactive = { ...poller.context, callerOf: () => Promise.reject(credentialsInvalid()) }
  Object.assign(poller.context, inactive)
  expect((await poller.run()).message).toMatch(/owner .* is not active/)
  Object.assign(poller.context, { instanceOf: () => undefined })
  expect((await poller.run()).message).toMatch(/is not polled/)
  expect(poller.facts).toEqual([])
})
