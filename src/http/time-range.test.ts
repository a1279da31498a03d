import { describe, expect, test } from 'vitest'
import { readInterval, readTimeRange } from './time-range.ts'

const now = new Date('2019-04-10T12:00:00Z')
const DAY = 86_400_000
const read = (query: Record<string, string>, required = false) => {
  const { from, to } = readTimeRange(query, { now, defaultMs: 7 * DAY, required })
  return [from.toISOString(), to.toISOString()]
}

for (const [fact, query, from, to] of [
  ['nothing given: the last days', {}, '2019-04-03T12:00:00.000Z', '2019-04-10T12:00:00.000Z'],
  ['empty values are none', { from: '', to: ' ' }, '2019-04-03T12:00:00.000Z', '2019-04-10T12:00:00.000Z'],
  ['from alone reaches to now', { from: '2019-04-01' }, '2019-04-01T00:00:00.000Z', '2019-04-10T12:00:00.000Z'],
  [
    'from alone in the future is no mistake',
    { from: '2030-01-01' },
    '2030-01-01T00:00:00.000Z',
    '2030-01-01T00:00:00.000Z',
  ],
  ['to alone', { to: '2019-03-08' }, '2019-03-01T00:00:00.000Z', '2019-03-08T00:00:00.000Z'],
  ['one moment', { from: '2019-03-08', to: '2019-03-08' }, '2019-03-08T00:00:00.000Z', '2019-03-08T00:00:00.000Z'],
] as const) {
  test(fact, () => {
    expect(read(query)).toEqual([from, to])
  })
}

for (const [fact, query, required, message] of [
  ['from after to', { from: '2019-03-02', to: '2019-03-01' }, false, /from .* is later than to/],
  ['no date', { from: 'yesterday' }, false, /from: expected a date .* got "yesterday"/],
  ['to is required', { from: '2019-03-02' }, true, /to is required/],
  ['from is required', { to: '2019-03-02' }, true, /from is required/],
] as const) {
  test(fact, () => {
    expect(() => read(query, required)).toThrow(message)
  })
}

describe('interval', () => {
  const day = { from: new Date('2019-04-01T00:00:00Z'), to: new Date('2019-04-02T00:00:00Z') }
  test('as given, in any letter case', () => {
    expect(readInterval({ interval: 'Minute' }, day)).toBe('minute')
  })
  test('chosen', () => {
    expect(readInterval({ interval: '' }, day)).toBe('hour')
  })
  test('a day by second is refused', () => {
    expect(() => readInterval({ interval: 'second' }, day)).toThrow(/86401 rows by second are more than 10000/)
  })
  test('no unit', () => {
    expect(() => readInterval({ interval: 'fortnight' }, day)).toThrow(/interval: expected one of second.*"fortnight"/)
  })
})
