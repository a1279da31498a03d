import { expect, test } from 'vitest'
import { eventTriggers } from './event-trigger.ts'

const events = [
  { objectType: 'Contact', objectId: '003A', eventType: 'CREATED' },
  { objectType: 'Contact', objectId: 17, eventType: 'UPDATED' },
  { objectType: 'Lead', eventType: 'DELETED' },
]
const body = {
  id: '1',
  topic: 'instance-9-sfdc-events',
  message: { eventId: 'e', events, raw: { objects: [1, 2, 3] } },
}
const event = { eventId: 'e', elementInstanceId: 9, events, body }

test('each object of an event is a context of its own, which sees the whole notification (spec 31 §1.1)', () => {
  const contexts = eventTriggers({ ...event, bodyChars: 400 })
  expect(contexts.map(({ objectId }) => objectId)).toEqual(['003A', '17', undefined])
  expect(contexts[1]?.trigger).toEqual({ type: 'event', event: events[1], eventId: 'e', instanceId: 9, body })
  expect(Object.keys(contexts[0]?.trigger ?? {})).toEqual(['type', 'event', 'eventId', 'instanceId', 'body'])
})

test('a large notification is not copied for each of many objects', () => {
  const contexts = eventTriggers({ ...event, bodyChars: 12 * 1024 * 1024 })
  expect(contexts[1]?.trigger['body']).toEqual({
    id: '1',
    topic: 'instance-9-sfdc-events',
    message: { eventId: 'e', events: [events[1]], raw: {} },
  })
})

test('one object sees it whole, however large it is', () => {
  const [only] = eventTriggers({ ...event, events: events.slice(0, 1), bodyChars: 64 * 1024 * 1024 })
  expect(only?.trigger['body']).toBe(body)
})
