import { expect, test } from 'vitest'
import { elementOf, resource, row } from '../../test/support/engine.ts'
import type { Element } from '../model/element.ts'
import { elementEvents } from './element-events.ts'

const none = { supported: false, methods: [], polling: {}, webhook: {} }
const offers = row('event.vendor.type')
const poller = (value: unknown) =>
  row('event.poller.configuration', typeof value === 'string' ? value : JSON.stringify(value))
const eventHook = [{ type: 'event', body: '' }]

for (const [fact, parts, expected] of [
  ['nothing declared', {}, none],
  ['event keys alone', { configuration: [offers] }, none],
  ['an event hook without event keys', { hooks: eventHook }, none],
  ['a poller configuration that is no JSON', { configuration: [offers, poller('{nope')] }, none],
  [
    'a poller by dates',
    {
      configuration: [
        offers,
        poller({ a: { url: '/a', datesConfiguration: { updatedDateField: 'u' } }, b: {}, c: 'odd' }),
      ],
    },
    {
      supported: true,
      methods: ['polling'],
      polling: { a: { eventTypes: ['updated'], pollUrl: '/a' }, b: { eventTypes: ['created'] } },
      webhook: {},
    },
  ],
  [
    'webhook resources',
    {
      configuration: [row('event.notification.enabled')],
      resources: [resource('POST', '/hooks', { type: 'onProvisionWebhook' })],
    },
    { supported: true, methods: ['webhook'], polling: {}, webhook: {} },
  ],
  [
    'event.metadata for both',
    {
      configuration: [
        offers,
        row(
          'event.metadata',
          '{"webhook":{"Account":{"eventTypes":["created"]}},"polling":{"{objectName}":{"eventTypes":["updated"]}}}',
        ),
      ],
      hooks: eventHook,
      objects: [{ name: 'Contact', eventUpdatedSupported: true }, { name: 'Quiet' }],
    },
    {
      supported: true,
      methods: ['polling', 'webhook'],
      polling: { '{objectName}': { eventTypes: ['updated'] } },
      webhook: { Account: { eventTypes: ['created'] }, Contact: { eventTypes: ['updated'] } },
    },
  ],
] as [string, Partial<Element>, unknown][]) {
  test(`events of an element with ${fact}`, () => expect(elementEvents(elementOf(parts))).toEqual(expected))
}
