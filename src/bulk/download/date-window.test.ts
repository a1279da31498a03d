import { describe, expect, test } from 'vitest'
import type { Mapping } from '../../transform/mapping.ts'
import { dateSettings, readDate, windowText } from './date-window.ts'

const FROM = new Date('2017-05-24T18:31:01Z')
const TO = new Date('2017-05-25T00:00:00.500Z')

function asked(declared: Record<string, unknown>, configuration: Record<string, string> = {}, field?: string) {
  const settings = dateSettings([declared], configuration, field)
  return settings && windowText(settings, { from: FROM }, {})
}

describe('what changed since', () => {
  const UTC = "yyyy-MM-dd'T'HH:mm:ss'Z'"

  test('is asked as the object says', () => {
    const object = { queryDateName: 'createdDate', queryDateOperator: '=', queryDateFormat: UTC }
    expect(asked(object)).toBe("createdDate='2017-05-24T18:31:01Z'")
  })

  test('is asked by its date of change where it names no other', () => {
    expect(asked({ updatedDateName: 'changed.at', updatedDateFormat: 'yyyy-MM-dd', queryDateName: '' })).toBe(
      "changed.at>='2017-05-24'",
    )
  })

  test('is asked as the configuration says where the object says nothing', () => {
    const configuration = {
      'bulk.query.field_name': 'CreationDate',
      'bulk.query.operator': '>',
      'bulk.query.date_mask': "yyyy-MM-dd'T'HH:mm:ssXXX",
    }
    expect(asked({}, configuration)).toBe("CreationDate>'2017-05-24T18:31:01Z'")
    expect(asked({ queryDateName: 'own' }, configuration)).toBe("own>='2017-05-24T18:31:01Z'")
    expect(asked({}, { 'bulk.attribute.modified_time': 'modified' })).toBe("modified>='2017-05-24T18:31:01Z'")
    expect(asked({}, { ...configuration, 'bulk.query.date_mask': 'milliseconds' })).toBe("CreationDate>'1495650661000'")
  })

  test('is asked by the field that the caller chose, written as the object says of it', () => {
    const object = { queryDateName: 'changed', createdDateName: 'made', createdDateFormat: 'MM/dd/yyyy' }
    expect(asked(object, {}, 'made')).toBe("made>='05/24/2017'")
    expect(asked(object, {}, 'other date')).toBe("`other date`>='2017-05-24T18:31:01Z'")
    const usual = { queryDateName: 'changed', queryDateFormat: 'yyyy-MM-dd', queryDateOperator: '>' }
    expect(asked(usual, {}, 'closed')).toBe("closed>'2017-05-24'")
  })

  test('is not asked where nobody says how, and never by the date of creation alone', () => {
    expect(asked({})).toBeUndefined()
    expect(asked({ createdDateName: 'made' }, { 'bulk.attribute.created_time': 'made' })).toBeUndefined()
  })
})

describe('the window', () => {
  const settings = dateSettings([{ queryDateName: 'at', queryDateOperator: '=' }], {})

  test('has an end as well, and either alone', () => {
    const textOf = (window: object) => settings && windowText(settings, window, {})
    expect(textOf({ from: FROM, to: TO })).toBe("at='2017-05-24T18:31:01Z' AND at<='2017-05-25T00:00:00.500Z'")
    expect(textOf({ to: TO })).toBe("at<='2017-05-25T00:00:00.500Z'")
    expect(textOf({})).toBeUndefined()
  })

  test('compares where we compare', () => {
    expect(settings && windowText(settings, { from: FROM }, { isMatchedHere: true })).toBe("at>='2017-05-24T18:31:01Z'")
  })

  test('of a common resource names the vendor’s field, by its common name where that means another one', () => {
    const mapping = (renames: Record<string, string>) =>
      ({
        vendorAttribute: (name: string) => renames[name] ?? name,
        fields: Object.entries(renames).map(([path, vendorPath]) => ({ path, vendorPath, type: 'date' })),
      }) as unknown as Mapping
    const textOf = (renames: Record<string, string>) =>
      settings && windowText(settings, { from: FROM }, { mapping: mapping(renames) })
    expect(textOf({ changed: 'at' })).toBe("at='2017-05-24T18:31:01Z'")
    expect(textOf({ at: 'place', changed: 'at' })).toBe("changed='2017-05-24T18:31:01Z'")
  })
})

describe('a date of a window', () => {
  test.each([
    ['2014-10-06T13:22:17-08:00', '2014-10-06T21:22:17.000Z'],
    ['2014-10-06T13:22:17 02:00', '2014-10-06T11:22:17.000Z'],
    ['2014-10-06T13:22:17+0000', '2014-10-06T13:22:17.000Z'],
    ['1495650661000', '2017-05-24T18:31:01.000Z'],
    [1495650661000, '2017-05-24T18:31:01.000Z'],
    ['', undefined],
    [null, undefined],
  ])('%s', (given, expected) => expect(readDate(given, 'from')?.toISOString()).toBe(expected))

  test.each(['yesterday', '2014-13-06', true])('%s is none', (given) =>
    expect(() => readDate(given, 'from')).toThrow(expect.objectContaining({ code: 'PARAMETER_INVALID' })),
  )
})
