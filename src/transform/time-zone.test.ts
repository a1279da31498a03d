import { expect, test } from 'vitest'
import { timeInZone, timeZone } from './time-zone.ts'

const WINTER = Date.parse('2024-01-15T12:00:00Z')
const SUMMER = Date.parse('2024-07-15T12:00:00Z')

for (const [text, winter, summer] of [
  ['GMT', 0, 0],
  ['pst', -480, -480],
  ['CST', -360, -360],
  ['America/Denver', -420, -360],
  ['Asia/Kolkata', 330, 330],
  ['-8:00', -480, -480],
  ['+0530', 330, 330],
  ['GMT+2', 120, 120],
] as const) {
  test(`${text} is ${winter} minutes from UTC in winter, ${summer} in summer`, () => {
    const zone = timeZone(text)
    expect([zone?.offsetMinutesAt(WINTER), zone?.offsetMinutesAt(SUMMER)]).toEqual([winter, summer])
  })
}

for (const text of ['', 'Nowhere', 'America/Nowhere', '+99:00', 'constructor', 'yyyy']) {
  test(`"${text}" names no zone`, () => expect(timeZone(text)).toBeUndefined())
}

test('what a clock in a region shows is a moment', () => {
  const denver = timeZone('America/Denver')
  if (!denver) throw new Error('no such zone')
  expect(new Date(timeInZone(Date.parse('2024-07-15T12:00:00Z'), denver)).toISOString()).toBe(
    '2024-07-15T18:00:00.000Z',
  )
  // the hour after clocks went forward, and the one that comes twice
  expect(new Date(timeInZone(Date.parse('2024-03-10T03:30:00Z'), denver)).toISOString()).toBe(
    '2024-03-10T09:30:00.000Z',
  )
})
