import { expect, test } from 'vitest'
import { elementOf } from '../../test/support/engine.ts'
import { compile } from '../engine/compile.ts'
import { eventMessage, eventTopic } from './event-message.ts'

const instance = {
  id: 4711,
  name: 'Acme prod',
  tags: ['eu'],
  accountId: 12,
  organizationId: 3,
  userId: 77,
  plan: compile(elementOf({ key: 'acmecrm' })),
}
const told = { events: [{ eventType: 'UNKNOWN', date: 'x', elementKey: 'acmecrm', hubKey: 'crm' }], raw: { a: 1 } }

test('a message has the members that receivers know, in their order', () => {
  expect(JSON.stringify(eventMessage('AXv0Qk3hVw9sLr2TzYbC', instance, told))).toBe(
    '{"eventId":"AXv0Qk3hVw9sLr2TzYbC","elementKey":"acmecrm","instanceId":4711,"instance_id":4711,"instanceName":"Acme prod",' +
      '"instanceTags":["eu"],"accountId":12,"companyId":3,"userId":77,' +
      '"events":[{"eventType":"UNKNOWN","date":"x","elementKey":"acmecrm","hubKey":"crm"}],"raw":{"a":1}}',
  )
})
test('an instance without tags has its name for one', () => {
  expect(eventMessage('x', { ...instance, tags: [] }, told).instanceTags).toEqual(['Acme prod'])
})
test('its topic names instance and element', () => expect(eventTopic(instance)).toBe('instance-4711-acmecrm-events'))
