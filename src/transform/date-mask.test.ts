import { describe, expect, test } from 'vitest'
import { dateMask, ISO, isDateMask } from './date-mask.ts'

const time = Date.UTC(2020, 4, 6, 13, 7, 9, 45)
const day = Date.UTC(2020, 4, 6)

describe('read and written', () => {
  for (const [mask, text, moment] of [
    ["yyyy-MM-dd'T'HH:mm:ssXXX", '2020-05-06T13:07:09Z', time - 45],
    ["yyyy-MM-dd'T'HH:mm:ss.SSSXXX", '2020-05-06T13:07:09.045Z', time],
    ["yyyy-MM-dd'T'HH:mm:ss.SSSZ", '2020-05-06T13:07:09.045+0000', time],
    ["yyyy-MM-dd'T'HH:mm:ss.SSSSSS", '2020-05-06T13:07:09.045000', time],
    ['yyyy-MM-dd', '2020-05-06', day],
    ["MM/dd/yyy'T'HH:mm:ssXXX", '05/06/2020T13:07:09Z', time - 45],
    ['MM/dd/yyy', '05/06/2020', day],
    ["dd/MM/yyy'T'HH:mm:ssXXX", '06/05/2020T13:07:09Z', time - 45],
    ['dd/MM/yyy', '06/05/2020', day],
    ['yyyyMMddHHmmss', '20200506130709', time - 45],
    ['d.M.yy', '6.5.20', day],
    ['EEE, dd MMM yyyy HH:mm:ss z', 'Wed, 06 May 2020 13:07:09 UTC', time - 45],
    ['EEEE d MMMM yyyy', 'Wednesday 6 May 2020', day],
    ['MM/dd/yyyy hh:mm:ss a', '05/06/2020 01:07:09 PM', time - 45],
    ['dd-MMM-yyyy', '06-May-2020', day],
    ["yyyy 'o''clock' HH", "2020 o'clock 13", Date.UTC(2020, 0, 1, 13)],
    ["''yyyy''", "'2020'", Date.UTC(2020, 0, 1)],
    ['yyyy-DDD', '2020-127', day],
    ['YYYY-MM-DD', '2020-05-06', day],
    ['yyyy-mm-dd', '2020-07-06', Date.UTC(2020, 0, 6, 0, 7)],
    ['kk:mm', '24:30', 30 * 60_000],
    ['KK a', '00 PM', 12 * 3_600_000],
    ['hh a', '12 AM', 0],
    ['G yyyy', 'AD 2020', Date.UTC(2020, 0, 1)],
    ['y', '2020', Date.UTC(2020, 0, 1)],
  ] as const) {
    test(`${mask}: ${text}`, () => {
      expect(dateMask(mask)?.parse(text)).toBe(moment)
      expect(dateMask(mask)?.format(moment)).toBe(text)
    })
  }
})

describe('read, however it is written', () => {
  for (const [mask, text, moment] of [
    ["yyyy-MM-dd'T'HH:mm:ssXXX", '2020-05-06T15:07:09+02:00', time - 45],
    ["yyyy-MM-dd'T'HH:mm:ssXXX", '2020-05-06T05:37:09-0730', time - 45],
    ["yyyy-MM-dd'T'HH:mm:ssZ", '2020-05-06T15:07:09+02', time - 45],
    ['yyyy-MM-dd HH:mm:ss z', '2020-05-06 08:07:09 EST', time - 45],
    ['yyyy-MM-dd HH:mm:ss z', '2020-05-06 15:07:09 GMT+02:00', time - 45],
    ['yyyy-MM-dd', '2020-5-6', day],
    ['yyyy-MM-dd', '2020-05-06T13:07:09Z', day],
    ['dd MMM yyyy', '6 may 2020', day],
    ['dd MMM yyyy', '6 September 2020', Date.UTC(2020, 8, 6)],
    ['MM/dd/yy', '05/06/99', Date.UTC(1999, 4, 6)],
    ['MM/dd/yy', '05/06/2020', day],
    ['hh:mm a', '1:07 pm', (13 * 60 + 7) * 60_000],
  ] as const) {
    test(`${mask}: ${text}`, () => expect(dateMask(mask)?.parse(text)).toBe(moment))
  }
})

describe('no such date', () => {
  for (const [mask, text] of [
    ['yyyy-MM-dd', 'soon'],
    ['yyyy-MM-dd', ''],
    ['yyyy-MM-dd', '2020/05/06'],
    ['yyyy-MM-dd', '2020-13-01'],
    ['yyyy-MM-dd', '2020-02-30'],
    ['yyyy-MM-dd', '2020-00-10'],
    ['HH:mm', '24:00'],
    ['HH:mm', '10:60'],
    ['dd MMM yyyy', '6 Mxy 2020'],
    ['EEE dd', 'Xyz 06'],
    ['hh a', '1 XM'],
    ['HH z', '10 constructor'],
    ['yyyyMMdd', '202005'],
    ['milliseconds', '2020-05-06'],
    ['milliseconds', ''],
  ] as const) {
    test(`${mask}: ${text}`, () => expect(dateMask(mask)?.parse(text)).toBeUndefined())
  }
})

test('numbers are epoch milliseconds, or digits where a mask has nothing else', () => {
  expect(dateMask('yyyy-MM-dd')?.parse(time)).toBe(time)
  expect(dateMask('yyyyMMdd')?.parse(20200506)).toBe(day)
  expect(dateMask('yyyyMMdd')?.parse(time)).toBe(time)
  expect(dateMask('milliseconds')?.parse(time)).toBe(time)
  expect(dateMask('milliseconds')?.parse(String(time))).toBe(time)
  expect(dateMask('milliseconds')?.format(time)).toBe(time)
  for (const none of [Number.NaN, Number.POSITIVE_INFINITY, 1e300]) {
    expect(dateMask('yyyy-MM-dd')?.parse(none)).toBeUndefined()
  }
})

test('ISO 8601 has a fraction only where there is one', () => {
  expect(ISO.format(day)).toBe('2020-05-06T00:00:00Z')
  expect(ISO.format(time)).toBe('2020-05-06T13:07:09.045Z')
  expect(ISO.parse('2020-05-06T13:07:09.045+0000')).toBe(time)
  expect(ISO.parse('soon')).toBeUndefined()
})

test('types that are masks', () => {
  for (const type of ['yyyy-MM-dd', "dd/MM/yyy'T'HH:mm:ssXXX", 'milliseconds', 'MM/dd/yy']) {
    expect(isDateMask(type), type).toBe(true)
  }
  for (const type of ['string', 'date', 'Vendor date format', 'addressInfo', 'array[number]', '', 'MM', 'shyyly']) {
    expect(isDateMask(type), type).toBe(false)
  }
})

test('texts that are no mask', () => {
  for (const text of ['', '---', 'fff', 'yyyy-bb', "'only text'", 'y'.repeat(201)]) {
    expect(dateMask(text), text).toBeUndefined()
  }
})
