import { expect, test } from 'vitest'
import { envelopeDate, writeEnvelope } from './envelope.ts'

for (const [iso, text] of [
  ['2019-04-02T10:12:01.999Z', 'Tue Apr 02 10:12:01 UTC 2019'],
  ['2024-02-29T00:00:00Z', 'Thu Feb 29 00:00:00 UTC 2024'],
  ['2026-12-31T23:59:59Z', 'Thu Dec 31 23:59:59 UTC 2026'],
] as const) {
  test(`${iso} is written ${text}`, () => expect(envelopeDate(new Date(iso))).toBe(text))
}

test('the envelope has the members of spec 40 §8, in their order', () => {
  const at = new Date('2019-04-02T10:12:01Z')
  const notice = { topic: 'instance-4711-acmecrm-events', severity: 'medium', from: 'n@example.com' } as const
  expect(writeEnvelope(1_496_771, at, { ...notice, message: { eventId: 'AXv0Qk3hVw9sLr2TzYbC' } })).toBe(
    '{"id":"1496771","topic":"instance-4711-acmecrm-events","severity":"medium","action":"create",' +
      '"createdDate":"Tue Apr 02 10:12:01 UTC 2019","user":"n@example.com","message":{"eventId":"AXv0Qk3hVw9sLr2TzYbC"}}',
  )
})
