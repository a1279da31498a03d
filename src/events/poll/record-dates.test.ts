import { describe, expect, test } from 'vitest'
import { dateReader } from './record-dates.ts'

const SECONDS = "yyyy-MM-dd'T'HH:mm:ss'Z'"

describe('dates of records, however they are written (spec 40 §7.4)', () => {
  for (const [value, format, timezone, expected] of [
    ['2024-07-15T18:05:09Z', SECONDS, undefined, '2024-07-15T18:05:09.000Z'],
    ['2024-07-15T18:05:09.5Z', SECONDS, undefined, '2024-07-15T18:05:09.500Z'],
    ['2024-07-15T18:05:09.123456+00:00', "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX", undefined, '2024-07-15T18:05:09.123Z'],
    ['2024-07-15T18:05:09.123+0000', "yyyy-MM-dd'T'HH:mm:ssXXX", undefined, '2024-07-15T18:05:09.123Z'],
    ['2024-07-15T18:05:09-08:00', "yyyy-MM-dd'T'HH:mm:ss", undefined, '2024-07-16T02:05:09.000Z'],
    ['2024-07-15 18:05:09', 'yyyy-MM-dd HH:mm:ss', 'America/Denver', '2024-07-16T00:05:09.000Z'],
    ['2024-07-15T18:05:09Z', SECONDS, 'PST', '2024-07-16T02:05:09.000Z'],
    ['2024-07-15T18:05:09.999Z', SECONDS, '-8:00', '2024-07-16T02:05:09.999Z'],
    ['2024-07-15T18:05:09Z', "yyyy-MM-dd'T'HH:mm:ssX", 'PST', '2024-07-15T18:05:09.000Z'],
    ['07/15/2024 18:05:09', 'MM/dd/yyyy HH:mm:ss', 'GMT', '2024-07-15T18:05:09.000Z'],
    ['07/15/2024 18:05:09', 'MM/dd/yyyy HH:mm:ss', '-7:00', '2024-07-16T01:05:09.000Z'],
    ['Mon, 15 Jul 2024 18:05:09 +0000', 'EEE, dd MMM yyyy HH:mm:ss Z', undefined, '2024-07-15T18:05:09.000Z'],
    ['Mon, 15 Jul 2024 18:05:09 +0000', undefined, undefined, '2024-07-15T18:05:09.000Z'],
    ['1721066709123', 'milliseconds', undefined, '2024-07-15T18:05:09.123Z'],
    [1721066709123, 'milliseconds', undefined, '2024-07-15T18:05:09.123Z'],
    [1721066709, SECONDS, undefined, '2024-07-15T18:05:09.000Z'],
    ['1721066709.000407', undefined, undefined, '2024-07-15T18:05:09.000Z'],
    [1721066709123456, undefined, undefined, '2024-07-15T18:05:09.123Z'],
    ['/Date(1721066709123+0200)/', undefined, undefined, '2024-07-15T18:05:09.123Z'],
    ['2024-07-15', 'yyyy-MM-dd', undefined, '2024-07-15T00:00:00.000Z'],
  ] as const) {
    test(`${value} as ${format ?? 'anything'} in ${timezone ?? 'no zone'}`, () => {
      const date = dateReader({ field: 'u', format, timezone })({ u: value })
      expect(date && new Date(date.time).toISOString()).toBe(expected)
    })
  }

  const LONG_MAX = 9223372036854775807n
  const none = ['', 'soon', null, undefined, true, {}, [], 0, -5, '0000-00-00 00:00:00', '2024-13-40', Number(LONG_MAX)]
  for (const value of [...none, 1e300, `${LONG_MAX}`, `/Date(${LONG_MAX})/`, '9'.repeat(50)]) {
    test(`${JSON.stringify(value)} is none`, () => expect(dateReader({ field: 'u' })({ u: value })).toBeUndefined())
  }

  for (const [value, format, expected] of [
    ['2024-07-15T18:05:09.123Z', undefined, 1_000],
    ['2024-07-15 18:05', undefined, 60_000],
    ['2024-07-15', undefined, 86_400_000],
    ['15.07.2024 18:05', 'dd.MM.yyyy HH:mm', 60_000],
    ['15.07.2024', 'dd.MM.yyyy', 86_400_000],
  ] as const) {
    test(`${value} is exact to ${expected} ms`, () => {
      expect(dateReader({ field: 'u', format })({ u: value })?.resolutionMs).toBe(expected)
    })
  }

  for (const [value, format] of [
    [8.64e15, 'milliseconds'],
    ['8640000000000000', 'milliseconds'],
    ['999999999999999', undefined],
    ['/Date(999999999999999)/', undefined],
    ['275760-09-13 23:59:59', 'yyyy-MM-dd HH:mm:ss'],
    ['999999999-01-01 00:00:00', 'yyyy-MM-dd HH:mm:ss'],
    ['2024-999999999', 'yyyy-DDD'],
  ] as const) {
    test(`${value} as ${format ?? 'anything'} stops nobody: a moment that there is, or none`, () => {
      const date = dateReader({ field: 'u', format, timezone: 'America/Denver' })({ u: value })
      expect(date && new Date(date.time).getTime()).toBe(date?.time)
    })
  }

  test('a date below other members', () => {
    expect(dateReader({ field: 'meta.changes[1].at' })({ meta: { changes: [{}, { at: 1721066709123 }] } })?.time).toBe(
      1721066709123,
    )
    expect(dateReader({ field: '' })({ '': '2024-07-15' })).toBeUndefined()
    expect(dateReader({ field: '__proto__.x' })({})).toBeUndefined()
  })
})

test('a text of megabytes is no date, and that is seen at once', () => {
  const startedAt = performance.now()
  expect(dateReader({ field: 'at' })({ at: `2026-01-01${'T00:00'.repeat(200_000)}` })).toBeUndefined()
  expect(performance.now() - startedAt).toBeLessThan(1_000)
})
