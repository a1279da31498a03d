import { expect, test } from 'vitest'
import { eventCallbackUrl, eventMechanism, eventsEnabled } from './event-settings.ts'

for (const [value, expected] of [
  ['true', true],
  ['True', true],
  [' true ', true],
  ['false', false],
  ['', false],
  [null, false],
  ['yes', false],
] as const) {
  test(`events are ${expected ? 'on' : 'off'} with ${JSON.stringify(value)}`, () =>
    expect(eventsEnabled({ 'event.notification.enabled': value })).toBe(expected))
}

for (const [name, configuration, expected] of [
  ['polling', { 'event.vendor.type': 'polling' }, 'polling'],
  ['in any letters', { 'event.vendor.type': 'Polling' }, 'polling'],
  ['webhooks', { 'event.vendor.type': 'webhooks' }, 'webhooks'],
  ['webhook is the same', { 'event.vendor.type': 'webhook' }, 'webhooks'],
  ['the misspelt key', { 'vendor.event.type': 'polling' }, 'polling'],
  ['counts less', { 'event.vendor.type': 'webhook', 'vendor.event.type': 'polling' }, 'webhooks'],
  ['what is to be polled, and nothing else', { 'event.poller.configuration': '{"a":{}}' }, 'polling'],
  ['nothing', {}, 'webhooks'],
] as const) {
  test(`how events come: ${name}`, () => expect(eventMechanism(configuration)).toBe(expected))
}

for (const [value, expected] of [
  ['https://app.test/ce', 'https://app.test/ce'],
  [' /instances/events ', '/instances/events'],
  ['false', undefined],
  ['FALSE', undefined],
  ['null', undefined],
  [' ', undefined],
  [null, undefined],
] as const) {
  test(`a callback URL of ${JSON.stringify(value)} is ${expected ?? 'none'}`, () =>
    expect(eventCallbackUrl({ 'event.notification.callback.url': value })).toBe(expected))
}
