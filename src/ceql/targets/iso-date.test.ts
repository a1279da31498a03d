import { expect, test } from 'vitest'
import { conditionsOf } from '../ast.ts'
import { parseWhere } from '../parse.ts'
import { isoDate } from './iso-date.ts'
import { converters } from './table.ts'

test.each([
  ['2020-01-02', { kind: 'day', day: '2020-01-02', time: '', fraction: '', zone: '' }],
  ['2020-02-29T03:04', { kind: 'local', day: '2020-02-29', time: '03:04:00', fraction: '', zone: '' }],
  ['2020-01-02T03:04:05.6Z', { kind: 'instant', day: '2020-01-02', time: '03:04:05', fraction: '.6', zone: 'Z' }],
  ['2020-01-02T03:04:05+0130', { kind: 'instant', day: '2020-01-02', time: '03:04:05', fraction: '', zone: '+01:30' }],
])('%s is a date', (text, date) => {
  expect(isoDate(text)).toEqual(date)
})

const NO_DATES = [
  '2020-02-30',
  '2021-02-29',
  '2020-13-01',
  '2020-01-02T25:61',
  '2020-01-02T25:61Z',
  '2020-01-02T10:00+99:99',
]

test.each(NO_DATES)('%s is a text like any other', (text) => {
  expect(isoDate(text)).toBeUndefined()
  const where = parseWhere(`a = '${text}'`)
  if (!where) throw new Error('blank')
  expect(conditionsOf(where)).toHaveLength(1)
  for (const [name, convert] of Object.entries(converters)) {
    expect(JSON.stringify(convert?.(where, 'where')), name).not.toMatch(/NaN|Invalid/)
  }
})
