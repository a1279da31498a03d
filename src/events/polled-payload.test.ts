import { describe, expect, test } from 'vitest'
import {
  derivePolledEvents,
  idOf,
  type PolledPayload,
  type RecordReader,
  rawOfPoll,
  readPolledPayload,
  typeOfRecord,
  withFacts,
} from './polled-payload.ts'

const POLL = new Date('2026-11-26T03:30:00Z')
const DEFAULTS = { now: POLL, pollDate: POLL, elementKey: 'acmecrm', hubKey: 'crm' }
const reader = (more: Partial<RecordReader> = {}): RecordReader => ({
  idField: 'id',
  createdAt: (record) => dateIn(record, 'created'),
  updatedAt: (record) => dateIn(record, 'updated'),
  toleranceMs: 0,
  ...more,
})
function dateIn(record: unknown, name: string): Date | undefined {
  const text = (record as Record<string, string | undefined>)[name]
  return text === undefined ? undefined : new Date(text)
}
const payload = (body: Record<string, unknown>) => readPolledPayload(body) as PolledPayload

describe('a polled payload', () => {
  test('is told by its type and the records under that name', () => {
    expect(
      payload({ instance_id: 1, objectType: 'accounts', accounts: [{ id: 'a1' }], eventId: 'x', action: 'Update' }),
    ).toEqual({
      objectType: 'accounts',
      records: [{ id: 'a1' }],
      given: undefined,
      action: 'update',
      rest: { action: 'Update' },
    })
  })
  test('may have one record that is no list', () => {
    expect(payload({ objectType: 'a', a: { id: 1 } }).records).toEqual([{ id: 1 }])
  })
  test('may have nothing but events', () => {
    expect(payload({ objectType: 'a', events: [{ objectId: '1' }] })).toMatchObject({
      records: [],
      given: [{ objectId: '1' }],
    })
  })
  for (const [name, body] of [
    ['without a type', { accounts: [{ id: 1 }] }],
    ['without records of its type', { objectType: 'accounts', contacts: [{ id: 1 }] }],
    ['with a type that is no text', { objectType: 7, 7: [{ id: 1 }] }],
    ['with an empty type', { objectType: '', '': [{}] }],
    ['of a type that is called like a member', { objectType: 'instance_id', instance_id: [{}] }],
    ['of a type that every object answers to', { objectType: 'constructor' }],
  ] as const) {
    test(`${name} is a webhook like any other`, () => expect(readPolledPayload(body)).toBeUndefined())
  }
})

describe('the type of a record', () => {
  const since = new Date('2026-11-26T03:00:00Z')
  for (const [name, record, expected, more = {}, from = since] of [
    [
      'created and updated at once is new',
      { created: '2026-11-26T03:10:00Z', updated: '2026-11-26T03:10:00Z' },
      'CREATED',
    ],
    ['updated after it was created', { created: '2026-11-26T03:10:00Z', updated: '2026-11-26T03:10:01Z' }, 'UPDATED'],
    [
      'updated within the tolerance is new',
      { created: '2026-11-26T03:10:00Z', updated: '2026-11-26T03:10:05Z' },
      'CREATED',
      { toleranceMs: 5000 },
    ],
    [
      'updated before it was created is new',
      { created: '2026-11-26T03:10:01Z', updated: '2026-11-26T03:10:00Z' },
      'CREATED',
    ],
    ['only its creation is known, after the last poll', { created: '2026-11-26T03:10:00Z' }, 'CREATED'],
    ['only its creation is known, before the last poll', { created: '2026-11-26T02:10:00Z' }, 'UPDATED'],
    ['only its update is known', { updated: '2026-11-26T03:10:00Z' }, 'UPDATED'],
    ['nothing is known', { id: 1 }, 'CREATED'],
    ['it says that it is deleted', { deleted: true, created: '2026-11-26T03:10:00Z' }, 'DELETED'],
    ['it says so in text', { isDeleted: 'true' }, 'DELETED'],
    ['it says that it is not deleted', { deleted: false }, 'CREATED'],
  ] as const) {
    test(name, () => expect(typeOfRecord(record, reader(more), from)).toBe(expected))
  }
  test('only its creation is known, and no last poll', () => {
    expect(typeOfRecord({ created: '2026-11-26T02:10:00Z' }, reader())).toBe('CREATED')
  })
  for (const [action, expected] of [
    ['update', 'UPDATED'],
    ['delete', 'DELETED'],
    ['merge', 'CREATED'],
  ] as const) {
    test(`without dates, ${action} as its client says`, () =>
      expect(typeOfRecord({}, reader(), since, action)).toBe(expected))
  }
})

for (const [path, expected] of [
  ['id', '1'],
  ['customer.id', '2'],
  ['@.id', '1'],
  ['@.@.customer.id', '2'],
  ['', undefined],
  ['nothing', undefined],
  ['empty', undefined],
  ['none', undefined],
  ['list[0]', 'x'],
] as const) {
  test(`the id at "${path}"`, () => {
    expect(idOf({ id: 1, customer: { id: '2' }, empty: '', none: null, list: ['x'] }, path)).toBe(expected)
  })
}

test('one event for each record, of the record’s own time', () => {
  const body = payload({
    objectType: 'accounts',
    accounts: [{ id: 1, created: '2026-11-26T03:10:00.5Z', updated: '2026-11-26T03:20:00.5Z' }, 'x'],
  })
  const common = { pollDate: '2026-11-26T03:30:00Z', elementKey: 'acmecrm', hubKey: 'crm', objectType: 'accounts' }
  expect(
    derivePolledEvents(
      body,
      DEFAULTS,
      reader({ createdAt: (one) => (one === 'x' ? undefined : dateIn(one, 'created')) }),
    ),
  ).toEqual([
    { ...common, eventType: 'UPDATED', objectId: '1', date: '2026-11-26T03:20:00Z' },
    { ...common, eventType: 'UNKNOWN', date: '2026-11-26T03:30:00Z' },
  ])
})

describe('records carry the facts of their events', () => {
  const body = payload({ objectType: 'a', a: [{ id: 1 }, { id: 2, objectId: 'own', eventType: 'own' }, 'x'], more: 1 })
  const events = derivePolledEvents(body, DEFAULTS)

  test('beside their own members, which stay', () => {
    expect(withFacts(body.records, events)).toEqual([
      { id: 1, objectId: '1', eventType: 'CREATED' },
      { id: 2, objectId: 'own', eventType: 'own' },
      'x',
    ])
  })
  test('when there is one for each', () => expect(withFacts(body.records, events.slice(1))).toEqual(body.records))
  test('and raw says what they are and when they were found', () => {
    expect(rawOfPoll(body, [1], POLL)).toEqual({ objectType: 'a', pollDate: POLL.getTime(), a: [1], more: 1 })
  })
})
