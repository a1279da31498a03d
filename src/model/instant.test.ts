import { expect, test } from 'vitest'
import { parseInstant } from './instant.ts'

for (const [fact, text, expected] of [
  ['a date is its midnight in UTC', '2018-09-01', '2018-09-01T00:00:00.000Z'],
  ['no zone is UTC', '2018-09-01T10:30:05', '2018-09-01T10:30:05.000Z'],
  ['seconds may be missing', '2018-09-01T10:30', '2018-09-01T10:30:00.000Z'],
  ['millis', '2018-06-25T18:32:11.326Z', '2018-06-25T18:32:11.326Z'],
  ['finer fractions are cut', '2018-06-25T18:32:11.3269999Z', '2018-06-25T18:32:11.326Z'],
  ['an offset', '2018-09-01T10:00:00+02:00', '2018-09-01T08:00:00.000Z'],
  ['an offset whose hour has one digit', '2018-09-01T22:00:00-4:00', '2018-09-02T02:00:00.000Z'],
  ['an offset without colon', '2018-09-01T10:00:00-0430', '2018-09-01T14:30:00.000Z'],
  ['an offset without minutes', '2018-09-01T10:00:00+2', '2018-09-01T08:00:00.000Z'],
  ['a plus that became a blank', '2018-09-01T10:00:00 02:00', '2018-09-01T08:00:00.000Z'],
  ['a blank instead of T', '2018-09-01 10:00:00', '2018-09-01T10:00:00.000Z'],
  ['lower case', '2018-09-01t10:00:00z', '2018-09-01T10:00:00.000Z'],
  ['years before 100 are not 1900', '0018-09-01', '0018-09-01T00:00:00.000Z'],
  ['29 February of a leap year', '2020-02-29', '2020-02-29T00:00:00.000Z'],
  ['29 February otherwise', '2019-02-29', undefined],
  ['a month that is none', '2019-13-01', undefined],
  ['an hour that is none', '2019-12-01T24:00:00Z', undefined],
  ['an offset that is none', '2019-12-01T10:00:00+25:00', undefined],
  ['a date with a zone but no time', '2019-12-01Z', undefined],
  ['words', 'yesterday', undefined],
  ['a number', '1535760000000', undefined],
  ['nothing', '', undefined],
] as const) {
  test(fact, () => {
    expect(parseInstant(text)?.toISOString()).toBe(expected)
  })
}
