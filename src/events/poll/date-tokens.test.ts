// biome-ignore-all lint/suspicious/noTemplateCurlyInString: tokens of poll addresses
import { describe, expect, test } from 'vitest'
import { fillDates, hasDates } from './date-tokens.ts'

const since = Date.parse('2024-07-15T18:05:09.123Z')
const now = Date.parse('2024-07-15T18:20:00Z')
const fill = (template: string, isMilliseconds = false) => fillDates(template, { since, now, isMilliseconds })

describe('tokens become the date that the poll begins at (spec 40 §7.4)', () => {
  for (const [template, expected] of [
    [
      "/hubs/crm/contacts?where=updated>'${gmtDate:yyyy-MM-dd'T'HH:mm:ss'Z'}'",
      "/hubs/crm/contacts?where=updated>'2024-07-15T18:05:09Z'",
    ],
    ['${date:MM/dd/yyyy HH:mm:ss}', '07/15/2024 18:05:09'],
    ['${gmtDate:EEE, dd MMM yyyy HH:mm:ss Z}', 'Mon, 15 Jul 2024 18:05:09 +0000'],
    ["${gmtDate:yyyy-MM-dd'T'HH:mm:ssXXX}", '2024-07-15T18:05:09Z'],
    ["${gmtDate:yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX}", '2024-07-15T18:05:09.123000Z'],
    ["${gmtDate:yyyy-MM-dd'T'HH:mm:ss.SSSZ}", '2024-07-15T18:05:09.123+0000'],
    ['${gmtDate:milliseconds}', String(since)],
    ['${dateTimeZone:PST:yyyy-MM-dd HH:mm:ss}', '2024-07-15 10:05:09'],
    ['${dateTimeZone:GMT:yyyy-MM-dd HH:mm:ss z}', '2024-07-15 18:05:09 GMT'],
    ['${DateTimeZone:America/Denver:HH:mm yyyy-MM-dd XXX}', '12:05 2024-07-15 -06:00'],
    ["${dateTimeZone:-8:00:yyyy-MM-dd'T'HH:mm:ssXX}", '2024-07-15T10:05:09-0800'],
    ['${nowTimeZone:CST:yyyyMMddHHmm}', '202407151220'],
    ['${epoch}', String(since)],
    ['${epoch:ms}', String(since)],
    ['${epoch:s}', '1721066709'],
    ['${epoch:us}', `${since}000`],
    ['${epoch:0}', String(since)],
    ['${milliseconds}', String(since)],
    ['${date}', '2024-07-15T18:05:09Z'],
    ['${yyyy-MM-dd}', '2024-07-15'],
    ["a='${epoch:s}' or b='${gmtDate:yyyy}'", "a='1721066709' or b='2024'"],
    ["${gmtDate:yyyy'}'MM}", '2024}07'],
    ['no dates {objectName}', 'no dates {objectName}'],
  ] as const) {
    test(template, () => expect(fill(template)).toMatchObject({ text: expected, problems: [] }))
  }

  test('${date} is milliseconds where the dates of the resource are', () => {
    expect(fill('${date}', true).text).toBe(String(since))
  })
})

describe('what is no token stays, and is told', () => {
  for (const [template, problem] of [
    ["where=a>'${gmtDate:yyyy-MM-dd", /has no end/],
    ["where=a>'${gmtDate:yyyy-MM-dd'T}'", /has no end/],
    ["where=a>'$yyyy-MM-dd}'", /a "\{" is missing/],
    ['${dateTimeZone:Nowhere:yyyy}', /no date that can be written/],
    ['${list.id}', /no date that can be written/],
    ['${dateTimeZone}', /no date that can be written/],
  ] as const) {
    test(template, () => {
      const filled = fill(template)
      expect(filled.text).toBe(template)
      expect(filled.problems).toEqual([expect.stringMatching(problem)])
    })
  }
})

test('whether an address asks by date', () => {
  expect([hasDates('/a?b=${epoch:s}'), hasDates('/a?orderBy=x desc'), hasDates('/a?b=${oops')]).toEqual([
    true,
    false,
    false,
  ])
})
