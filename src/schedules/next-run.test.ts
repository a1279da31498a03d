import { describe, expect, test } from 'vitest'
import { firstOfInterval, nextRun } from './next-run.ts'

const at = (text: string) => new Date(text)
const NEVER = undefined

describe('crons', () => {
  for (const [name, cron, timeZone, after, expected] of [
    ['every quarter of an hour', '0 0/15 * 1/1 * ? *', 'UTC', '2026-11-26T03:40:00Z', '2026-11-26T03:45:00Z'],
    ['a time that is now is not next', '0 0/15 * 1/1 * ? *', 'UTC', '2026-11-26T03:45:00Z', '2026-11-26T04:00:00Z'],
    ['just before it is', '0 0/15 * 1/1 * ? *', 'UTC', '2026-11-26T03:44:59.999Z', '2026-11-26T03:45:00Z'],
    ['six fields', '0 12 * * * ?', 'UTC', '2026-11-26T03:40:00Z', '2026-11-26T04:12:00Z'],
    ['every night', '0 0 2 1/1 * ? *', 'UTC', '2026-11-26T03:40:00Z', '2026-11-27T02:00:00Z'],
    ['days of the week begin with Sunday', '0 0 12 ? * 2 *', 'UTC', '2026-11-26T03:40:00Z', '2026-11-30T12:00:00Z'],
    ['names of days', '0 0 12 ? * MON-FRI', 'UTC', '2026-11-27T13:00:00Z', '2026-11-30T12:00:00Z'],
    ['days around the end of a week', '0 0 12 ? * FRI-MON', 'UTC', '2026-11-28T13:00:00Z', '2026-11-29T12:00:00Z'],
    ['hours around midnight', '0 0 22-2 * * ?', 'UTC', '2026-11-26T23:30:00Z', '2026-11-27T00:00:00Z'],
    ['names of months', '0 0 0 1 JAN,jul ?', 'UTC', '2026-11-26T03:40:00Z', '2027-01-01T00:00:00Z'],
    ['the last day of the month', '0 0 12 L * ?', 'UTC', '2026-11-26T03:40:00Z', '2026-11-30T12:00:00Z'],
    ['the last weekday of the month', '0 0 12 LW * ?', 'UTC', '2027-01-26T03:40:00Z', '2027-01-29T12:00:00Z'],
    ['the weekday nearest to a day', '0 0 12 15W * ?', 'UTC', '2026-11-10T03:40:00Z', '2026-11-16T12:00:00Z'],
    ['the last Friday', '0 0 12 ? * 6L', 'UTC', '2026-11-10T03:40:00Z', '2026-11-27T12:00:00Z'],
    ['the day called last of a week', '0 0 12 ? * L', 'UTC', '2026-11-26T03:40:00Z', '2026-11-28T12:00:00Z'],
    ['the first Monday', '0 0 12 ? * 2#1', 'UTC', '2026-11-26T03:40:00Z', '2026-12-07T12:00:00Z'],
    ['a leap day', '0 0 0 29 2 ?', 'UTC', '2026-11-26T03:40:00Z', '2028-02-29T00:00:00Z'],
    ['every second year', '0 0 0 1 1 ? 2026/2', 'UTC', '2026-11-26T03:40:00Z', '2028-01-01T00:00:00Z'],
    ['a year to come', '0 0 0 1 1 ? 2099', 'UTC', '2026-11-26T03:40:00Z', '2099-01-01T00:00:00Z'],
    ['a year that is over', '0 0 0 1 1 ? 2020', 'UTC', '2026-11-26T03:40:00Z', NEVER],
    ['a day that no month has', '0 0 12 31 2 ?', 'UTC', '2026-11-26T03:40:00Z', NEVER],
    ['a clock elsewhere', '0 0 9 * * ?', 'Asia/Tokyo', '2026-11-26T03:40:00Z', '2026-11-27T00:00:00Z'],
    [
      'a time that the change of clocks leaves out',
      '0 30 2 * * ?',
      'Europe/Berlin',
      '2027-03-27T12:00:00Z',
      '2027-03-28T01:00:00Z',
    ],
    ['a time that it brings twice', '0 30 2 * * ?', 'Europe/Berlin', '2027-10-30T12:00:00Z', '2027-10-31T00:30:00Z'],
    ['and only once', '0 30 2 * * ?', 'Europe/Berlin', '2027-10-31T00:30:00Z', '2027-11-01T01:30:00Z'],
    ['half hours over a gap', '0 0/30 * * * ?', 'Europe/Berlin', '2027-03-28T00:30:00Z', '2027-03-28T01:00:00Z'],
    [
      'half hours in an hour that comes twice',
      '0 0/30 * * * ?',
      'Europe/Berlin',
      '2027-10-31T00:30:00Z',
      '2027-10-31T01:00:00Z',
    ],
  ] as const) {
    test(`${name}: ${cron}`, () => {
      expect(nextRun({ cron, timeZone }, at(after))?.toISOString()).toBe(expected && new Date(expected).toISOString())
    })
  }
})

describe('intervals', () => {
  const startedAt = at('2026-11-26T03:00:20Z')
  for (const [name, everyMinutes, after, expected] of [
    ['before the first', 15, '2026-11-26T02:00:00Z', '2026-11-26T03:00:20.000Z'],
    ['the first is now: the second', 15, '2026-11-26T03:00:20Z', '2026-11-26T03:15:20.000Z'],
    ['late is still counted from the plan', 15, '2026-11-26T03:01:50Z', '2026-11-26T03:15:20.000Z'],
    ['what was missed is not made up for', 15, '2026-11-27T03:16:00Z', '2026-11-27T03:30:20.000Z'],
    ['every minute', 1, '2026-11-26T03:00:20.001Z', '2026-11-26T03:01:20.000Z'],
    ['1900 years', 999_999_999, '2026-11-26T03:01:00Z', '3928-03-24T13:39:20.000Z'],
    ['10,000 years', 9_999_999_999, '2026-11-26T03:01:00Z', NEVER],
    ['more than can be said', Number.MAX_SAFE_INTEGER, '2026-11-26T03:01:00Z', NEVER],
    [
      'more than can be said, before its first',
      Number.MAX_SAFE_INTEGER,
      '2026-11-26T03:00:00Z',
      '2026-11-26T03:00:20.000Z',
    ],
  ] as const) {
    test(name, () => {
      expect(nextRun({ everyMinutes, startedAt }, at(after))?.toISOString()).toBe(expected)
    })
  }
})

describe('the first time of an interval', () => {
  const now = at('2026-11-26T03:00:00Z')
  const waits = (everyMinutes: number, count = 1000) =>
    Array.from({ length: count }, (_, index) => {
      const first = firstOfInterval(everyMinutes, `poller ${index}`, now)
      return first && (first.getTime() - now.getTime()) / 60_000
    })

  test('ten thousand of one interval are spread over all of it', () => {
    const seconds = new Map<number, number>()
    for (const wait of waits(15, 10_000)) {
      const second = Math.floor((wait ?? 0) * 60)
      seconds.set(second, (seconds.get(second) ?? 0) + 1)
    }
    expect(seconds.size).toBeGreaterThan(890)
    expect(Math.max(...seconds.values())).toBeLessThan(35)
  })

  for (const [minutes, least, most] of [
    [1, 0, 1],
    [60, 0, 60],
    [1440, 1380, 1440],
  ] as const) {
    test(`of ${minutes} minutes is between ${least} and ${most} minutes away`, () => {
      for (const wait of waits(minutes)) {
        expect(wait).toBeGreaterThan(least)
        expect(wait).toBeLessThanOrEqual(most)
      }
    })
  }

  test('what is called the same has the same time', () => {
    expect(firstOfInterval(15, 'poller 7', now)).toEqual(firstOfInterval(15, 'poller 7', now))
  })

  test('there is none that no date can hold', () => {
    expect(waits(9_999_999_999, 2)).toEqual([NEVER, NEVER])
  })
})
