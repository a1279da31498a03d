import { describe, expect, test } from 'vitest'
import { givenEvents, normalizeHookEvents, unknownEvent } from './normalize.ts'

const DEFAULTS = { now: new Date('2026-11-26T03:30:00.500Z'), elementKey: 'acmecrm', hubKey: 'crm' }
const EMPTY = { eventType: 'UNKNOWN', date: '2026-11-26T03:30:00Z', elementKey: 'acmecrm', hubKey: 'crm' }

describe('an item of a hook', () => {
  for (const [name, item, expected] of [
    [
      'gets the names of the outside',
      {
        event_type: 'CREATED',
        event_object_type: 'files',
        event_object_id: 'f1',
        event_date: '2019-04-02T10:11:12Z',
        event_new_path: '/b',
        event_old_path: '/a',
        event_other_id: 'o',
      },
      {
        eventType: 'CREATED',
        objectType: 'files',
        objectId: 'f1',
        date: '2019-04-02T10:11:12Z',
        newPath: '/b',
        oldPath: '/a',
        otherId: 'o',
      },
    ],
    ['has its id as text', { event_object_id: 4711 }, { objectId: '4711' }],
    ['has an id that is an object as JSON', { event_object_id: { a: 1 } }, { objectId: '{"a":1}' }],
    ['may have the id 0', { event_object_id: 0 }, { objectId: '0' }],
    ['has no id when it is null or empty', { event_object_id: null, event_object_type: '' }, {}],
    ['has its type in upper case, whatever it is', { event_type: 'cancelled' }, { eventType: 'CANCELLED' }],
    ['is UNKNOWN without a type', {}, {}],
    ['is UNKNOWN with a type that is no text', { event_type: 7 }, {}],
    [
      'loses what else a vendor says',
      { event_type: 'UPDATED', id: 1, data: { a: 1 }, eventType: 'x' },
      { eventType: 'UPDATED' },
    ],
    [
      'has a date with a zone in UTC',
      { event_date: '2019-04-02T12:11:12.345+02:00' },
      { date: '2019-04-02T10:11:12Z' },
    ],
    ['has a date of milliseconds', { event_date: 1554199872345 }, { date: '2019-04-02T10:11:12Z' }],
    ['has a date of seconds', { event_date: '1554199872' }, { date: '2019-04-02T10:11:12Z' }],
    ['has a date of a mail', { event_date: 'Tue, 02 Apr 2019 10:11:12 GMT' }, { date: '2019-04-02T10:11:12Z' }],
    ['has now as its date when it says none', { event_date: null }, {}],
    ['has now as its date when nobody can read it', { event_date: 'yesterday' }, {}],
    ['has now as its date when no calendar reaches it', { event_date: 1e300 }, {}],
    ['has now as its date when it is no number', { event_date: Number.NaN }, {}],
  ] as const) {
    test(name, () => expect(normalizeHookEvents([item], DEFAULTS)).toEqual([{ ...EMPTY, ...expected }]))
  }
  for (const [name, given, count] of [
    ['nothing is none', undefined, 0],
    ['an empty list is none', [], 0],
    ['one object is one', { event_type: 'CREATED' }, 1],
    ['what is no object is left out', [null, 'x', [1], { event_type: 'CREATED' }], 1],
    ['text is none', 'CREATED', 0],
  ] as const) {
    test(name, () => expect(normalizeHookEvents(given, DEFAULTS)).toHaveLength(count))
  }
})

describe('events of a polled payload', () => {
  const poll = { ...DEFAULTS, pollDate: new Date('2026-11-26T03:29:00Z') }

  test('are taken as they are', () => {
    const given = {
      objectType: 'accounts',
      objectId: 'a1',
      date: '2019-04-02T10:11:12Z',
      pollDate: '2019-04-02T10:12:00Z',
      eventType: 'CREATED',
      elementKey: 'other',
      hubKey: 'general',
      more: { a: 1 },
    }
    expect(givenEvents([given], poll)).toEqual([given])
  })
  test('get what they lack', () => {
    expect(givenEvents([{ objectId: 7, eventType: 'updated', elementKey: 5 }], poll)).toEqual([
      { ...EMPTY, objectId: '7', eventType: 'UPDATED', pollDate: '2026-11-26T03:29:00Z' },
    ])
  })
  for (const given of [undefined, [], {}, 'x', [1]]) {
    test(`${JSON.stringify(given)} are none`, () => expect(givenEvents(given, poll)).toBeUndefined())
  }
})

test('what nobody can read is one event without an object', () => expect(unknownEvent(DEFAULTS)).toEqual(EMPTY))
