import { describe, expect, test } from 'vitest'
import { minutesOf, pollerScheduleOf } from './poller-schedule.ts'

for (const [text, expected] of [
  ['15', 15],
  [' 5 ', 5],
  ['1', 1],
  ['0', 1],
  ['-3', 1],
  ['2.4', 2],
  ['999999999', 999_999_999],
  ['99999999999999999999', 999_999_999],
  ['Infinity', 999_999_999],
  ['1e400', 999_999_999],
  ['often', 15],
  ['', 15],
  [null, 15],
  [undefined, 15],
] as const) {
  test(`"${text}" is every ${expected} minutes`, () => expect(minutesOf(text)).toBe(expected))
}

describe('which instances are polled (spec 40 §7.1)', () => {
  const configuration = {
    'event.notification.enabled': 'true',
    'event.vendor.type': 'polling',
    'event.poller.configuration': '{"contacts":{"url":"/contacts"}}',
    'event.poller.refresh_interval': '3',
  }
  const of = (changes: Record<string, string | null>, disabled = false) =>
    pollerScheduleOf({ disabled, configuration: { ...configuration, ...changes } })

  test('one with something to poll', () => {
    expect(of({})).toEqual({ everyMinutes: 3, objectTypes: ['contacts'] })
  })
  for (const [name, changes, disabled] of [
    ['a disabled one', {}, true],
    ['one without events', { 'event.notification.enabled': 'false' }, false],
    ['one whose vendor calls', { 'event.vendor.type': 'webhooks' }, false],
    ['one with nothing to poll', { 'event.poller.configuration': '{}' }, false],
    ['one whose settings nobody can read', { 'event.poller.configuration': 'contacts' }, false],
  ] as const) {
    test(`not ${name}`, () => expect(of(changes, disabled)).toBeUndefined())
  }
})
