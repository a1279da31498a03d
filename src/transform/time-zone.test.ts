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

for (const [name, reading, expected] of [
  ['America/Denver', '2024-07-15T12:00:00Z', '2024-07-15T18:00:00.000Z'],
  // clocks go forward at 2
  ['America/Denver', '2024-03-10T01:59:00Z', '2024-03-10T08:59:00.000Z'],
  ['America/Denver', '2024-03-10T02:30:00Z', '2024-03-10T09:30:00.000Z'],
  ['America/Denver', '2024-03-10T03:30:00Z', '2024-03-10T09:30:00.000Z'],
  ['Europe/Berlin', '2024-03-31T01:59:00Z', '2024-03-31T00:59:00.000Z'],
  ['Europe/Berlin', '2024-03-31T02:30:00Z', '2024-03-31T01:30:00.000Z'],
  ['Europe/Berlin', '2024-03-31T03:30:00Z', '2024-03-31T01:30:00.000Z'],
  // the hour from 1, there, and from 2, here, comes twice
  ['America/Denver', '2024-11-03T00:59:00Z', '2024-11-03T06:59:00.000Z'],
  ['America/Denver', '2024-11-03T01:00:00Z', '2024-11-03T08:00:00.000Z'],
  ['America/Denver', '2024-11-03T01:59:00Z', '2024-11-03T08:59:00.000Z'],
  ['America/Denver', '2024-11-03T02:00:00Z', '2024-11-03T09:00:00.000Z'],
  ['Europe/Berlin', '2024-10-27T01:59:00Z', '2024-10-26T23:59:00.000Z'],
  ['Europe/Berlin', '2024-10-27T02:00:00Z', '2024-10-27T01:00:00.000Z'],
  ['Europe/Berlin', '2024-10-27T02:59:00Z', '2024-10-27T01:59:00.000Z'],
  ['Europe/Berlin', '2024-10-27T03:00:00Z', '2024-10-27T02:00:00.000Z'],
  ['Australia/Lord_Howe', '2024-04-07T01:45:00Z', '2024-04-06T15:15:00.000Z'],
  ['-7:00', '2024-11-03T01:30:00Z', '2024-11-03T08:30:00.000Z'],
] as const) {
  test(`a clock in ${name} that shows ${reading.slice(0, 16)}`, () => {
    const zone = timeZone(name)
    if (!zone) throw new Error('no such zone')
    expect(new Date(timeInZone(Date.parse(reading), zone)).toISOString()).toBe(expected)
  })
}
