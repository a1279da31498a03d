import { describe, expect, test } from 'vitest'
import { bucketsOf, chooseInterval, countBuckets, type Interval } from './buckets.ts'

const range = (from: string, to: string) => ({ from: new Date(from), to: new Date(to) })

for (const [fact, interval, from, to, expected] of [
  ['an hour by minute has 61 rows', 'minute', '2018-09-01T10:00:00Z', '2018-09-01T11:00:00Z', 61],
  ['a day by second is far too many', 'second', '2018-09-01T00:00:00Z', '2018-09-02T00:00:00Z', 86_401],
  ['one moment is one row', 'day', '2018-09-01T10:00:00Z', '2018-09-01T10:00:00Z', 1],
  ['minutes that are only touched count', 'minute', '2018-09-01T10:00:59Z', '2018-09-01T10:01:00Z', 2],
  ['before 1970', 'hour', '1969-12-31T23:30:00Z', '1970-01-01T00:30:00Z', 2],
  ['Sunday and Monday are in two weeks', 'week', '2018-09-02T00:00:00Z', '2018-09-03T00:00:00Z', 2],
  ['Monday to Sunday is one', 'week', '2018-09-03T00:00:00Z', '2018-09-09T23:59:59Z', 1],
  ['months of different lengths', 'month', '2019-01-31T00:00:00Z', '2019-03-01T00:00:00Z', 3],
  ['quarters', 'quarter', '2019-03-31T00:00:00Z', '2019-10-01T00:00:00Z', 4],
  ['years', 'year', '2018-12-31T23:59:59Z', '2020-01-01T00:00:00Z', 3],
] as const) {
  test(fact, () => {
    expect(countBuckets(range(from, to), interval)).toBe(expected)
  })
}

describe('beginnings', () => {
  for (const [interval, from, to, expected] of [
    [
      'minute',
      '2018-09-01T10:00:30Z',
      '2018-09-01T10:02:00Z',
      ['2018-09-01T10:00', '2018-09-01T10:01', '2018-09-01T10:02'],
    ],
    ['day', '2018-12-31T12:00:00Z', '2019-01-01T00:00:00Z', ['2018-12-31T00:00', '2019-01-01T00:00']],
    ['week', '2018-09-02T00:00:00Z', '2018-09-03T00:00:00Z', ['2018-08-27T00:00', '2018-09-03T00:00']],
    ['month', '2018-12-31T12:00:00Z', '2019-01-01T00:00:00Z', ['2018-12-01T00:00', '2019-01-01T00:00']],
    [
      'quarter',
      '1969-12-31T00:00:00Z',
      '1970-05-31T00:00:00Z',
      ['1969-10-01T00:00', '1970-01-01T00:00', '1970-04-01T00:00'],
    ],
    ['year', '2019-05-05T00:00:00Z', '2020-01-01T00:00:00Z', ['2019-01-01T00:00', '2020-01-01T00:00']],
  ] as const) {
    test(interval, () => {
      const starts = bucketsOf(range(from, to), interval)
      expect(starts.map((start) => start.toISOString())).toEqual(expected.map((minute) => `${minute}:00.000Z`))
    })
  }
})

describe('an interval chosen by the range', () => {
  for (const [from, to, expected] of [
    ['2018-09-01T10:00:00Z', '2018-09-01T10:05:00Z', 'second'],
    ['2018-09-01T10:00:00Z', '2018-09-01T11:00:00Z', 'minute'],
    ['2018-09-01T00:00:00Z', '2018-09-02T00:00:00Z', 'hour'],
    ['2018-09-01T00:00:00Z', '2018-09-08T00:00:00Z', 'hour'],
    ['2018-09-01T00:00:00Z', '2018-10-01T00:00:00Z', 'day'],
    ['2014-09-01T00:00:00Z', '2018-10-01T00:00:00Z', 'week'],
    ['1980-09-01T00:00:00Z', '2018-10-01T00:00:00Z', 'quarter'],
    ['0001-01-01T00:00:00Z', '9999-10-01T00:00:00Z', 'year'],
  ] as const) {
    test(`${from} – ${to}: ${expected}`, () => {
      expect<Interval>(chooseInterval(range(from, to))).toBe(expected)
    })
  }
})
