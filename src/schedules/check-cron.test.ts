import { describe, expect, test } from 'vitest'
import { checkCron } from './check-cron.ts'

const now = new Date('2026-11-26T03:40:00Z')
const check = (cron: string, timeZone = 'UTC', leastMinutes = 15) => checkCron(cron, timeZone, { now, leastMinutes })

describe('accepted', () => {
  for (const cron of [
    '0 0/15 * 1/1 * ? *',
    '0 0/30 * 1/1 * ? *',
    '0 12 * * * ?',
    '0 0 2 1/1 * ? *',
    '0 0 12 ? * MON-FRI',
    '0 0,15,30,45 9-17 ? * 2-6',
    '0 0 12 1 1 ? 2030',
    ' 0 0 12  ? *  6#3 ',
  ]) {
    test(`"${cron}"`, () => expect(check(cron)).toBe(cron.trim()))
  }

  test('every minute, where the operator allows it', () => {
    expect(check('0 0/1 * 1/1 * ? *', 'UTC', 1)).toBe('0 0/1 * 1/1 * ? *')
  })

  test('quarters of an hour in a zone whose clocks change', () => {
    expect(check('0 0/15 * * * ?', 'Europe/Berlin')).toBe('0 0/15 * * * ?')
  })
})

describe('refused', () => {
  for (const [cron, zone, message] of [
    ['0/30 * * 1/1 * ? *', 'UTC', 'comes too often: some of its times are 30 seconds apart, the least is 15 minutes'],
    ['0 0/5 * * * ?', 'UTC', 'comes too often: some of its times are 5 minutes apart'],
    ['0 0/25 * * * ?', 'UTC', 'some of its times are 10 minutes apart'],
    ['0 0,1 12 1 1 ?', 'UTC', 'some of its times are 1 minute apart'],
    ['* * * * * ?', 'UTC', 'some of its times are 1 second apart'],
    ['0 0 12 31 2 ?', 'UTC', 'never comes again'],
    ['0 0 12 1 1 ? 2020', 'UTC', 'never comes again'],
    ['', 'UTC', 'expected a Quartz cron such as'],
    ['daily', 'UTC', 'it has 1 field'],
    ['* * * * *', 'UTC', 'it has 5 fields'],
    ['0 0 12 ? * MON *  *', 'UTC', 'expected a Quartz cron such as'],
    ['0 0 25 * * ?', 'UTC', 'expected a Quartz cron such as'],
    ['0 0 12 ? * FUN', 'UTC', 'expected a Quartz cron such as'],
    [`0 0 12 ${'1,'.repeat(200)}1 * ?`, 'UTC', 'longer than 200 characters'],
    ['0 0 12 * * ?', 'Mars/Olympus', 'time zone "Mars/Olympus"'],
  ] as const) {
    test(`"${cron.slice(0, 40)}" ${message}`, () => {
      expect(() => check(cron, zone)).toThrow(expect.objectContaining({ code: 'PARAMETER_INVALID' }))
      expect(() => check(cron, zone)).toThrow(message)
      if (zone === 'UTC') expect(() => check(cron, zone)).toThrow(`cron "${cron.slice(0, 200)}"`)
    })
  }
})
