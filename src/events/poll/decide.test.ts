import { describe, expect, test } from 'vitest'
import { decide, lensOf, type PollWindow } from './decide.ts'
import { keyOf } from './memory.ts'
import { readPolledResource } from './polled-resource.ts'

const at = (time: string) => Date.parse(`2024-07-15T${time}Z`)
const window: PollWindow = {
  since: at('10:00:00'),
  switchedOn: at('09:00:00'),
  runStart: at('10:20:00'),
  isFirst: false,
  isFiltered: true,
}

const verdicts = (records: object[], settings: object = {}, given: Partial<PollWindow> = {}, known: string[] = []) => {
  const dates = { updatedDateField: 'u', createdDateField: 'c' }
  const resource = readPolledResource('things', {
    url: '/things',
    idField: 'id',
    datesConfiguration: dates,
    ...settings,
  })
  if (typeof resource === 'string') throw new Error(resource)
  return decide(records, lensOf(resource), { ...window, ...given }, (key) => known.includes(key)).map(
    ({ verdict }) => verdict,
  )
}

describe('what of a page is told (spec 40 §7.5)', () => {
  for (const [name, record, expected, settings = {}, given = {}] of [
    ['changed after the window begins', { id: 1, u: '2024-07-15T10:00:01Z' }, 'new'],
    ['in the second in which it begins', { id: 1, u: '2024-07-15T10:00:00Z' }, 'new'],
    ['before', { id: 1, u: '2024-07-15T09:59:59Z' }, 'old'],
    ['after the poll began, as a fast clock says', { id: 1, u: '2024-07-15T10:30:00Z' }, 'new'],
    [
      'after the poll began, where that waits',
      { id: 1, u: '2024-07-15T10:30:00Z' },
      'later',
      { filterByCurrentDate: true },
    ],
    ['on the day of the window', { id: 1, u: '2024-07-15' }, 'new', {}, { switchedOn: 0 }],
    ['on the day on which polling was switched on', { id: 1, u: '2024-07-15' }, 'new'],
    ['on that day, at the first poll', { id: 1, u: '2024-07-15' }, 'existing', {}, { isFirst: true }],
    ['on the day before', { id: 1, u: '2024-07-14' }, 'old'],
    [
      'before polling was switched on',
      { id: 1, u: '2024-07-15T10:00:01Z' },
      'existing',
      {},
      { switchedOn: at('10:00:02') },
    ],
    ['in the very second', { id: 1, u: '2024-07-15T10:00:02Z' }, 'new', {}, { switchedOn: at('10:00:02') + 700 }],
    ['without a date', { id: 1 }, 'new'],
    ['without a date, all of which were there before', { id: 1 }, 'existing', {}, { isFirst: true, isFiltered: false }],
    ['with a date that nobody can read', { id: 1, u: 'soon' }, 'new'],
    [
      'created lately, where that counts',
      { id: 1, c: '2024-07-15T10:10:00Z', u: '2024-07-15T10:10:00Z' },
      'new',
      { filterByUpdatedDate: false },
    ],
    [
      'changed lately and old, where creation counts',
      { id: 1, c: '2024-07-15T08:10:00Z', u: '2024-07-15T10:10:00Z' },
      'old',
      { filterByUpdatedDate: 'false' },
    ],
    ['without an id', { u: '2024-07-15T10:10:00Z' }, 'new'],
    ['no object at all', 'text' as unknown as object, 'new'],
  ] as const) {
    test(`${name}: ${expected}`, () => expect(verdicts([record], settings, given)).toEqual([expected]))
  }
})

test('an object in a version is told once, in another version again', () => {
  const known = [keyOf('1', '2024-07-15T10:00:01Z'), keyOf('2', JSON.stringify({ id: 2 }))]
  const records = [
    { id: 1, u: '2024-07-15T10:00:01Z', seenBy: 'somebody' },
    { id: 1, u: '2024-07-15T10:00:02Z' },
    { id: 2 },
    { id: 2, name: 'x' },
    { id: 3, u: '2024-07-15T10:00:01Z' },
  ]
  expect(verdicts(records, {}, {}, known)).toEqual(['known', 'new', 'known', 'new', 'new'])
})
