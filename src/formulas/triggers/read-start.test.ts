import { describe, expect, test } from 'vitest'
import type { FormulaTrigger } from '../../model/formula.ts'
import { readStart } from './read-start.ts'

const of = (...types: string[]): FormulaTrigger[] =>
  types.map((type, id) => ({ id, type, name: 'trigger', async: true, onSuccess: [], onFailure: [], properties: {} }))
const start = (type: string, body: unknown) => readStart(of(type), body, () => 48)
const triggerOf = (type: string, body: unknown) => start(type, body).contexts.map(({ trigger }) => trigger)
const E1 = { objectType: 'Contact', objectId: '1' }
const E2 = { objectType: 'Contact', objectId: '2' }

describe('starts by hand (spec 32 §2)', () => {
  test.each([
    [{ a: 1 }, { a: 1 }],
    [undefined, {}],
    [
      [1, 2],
      [1, 2],
    ],
    [{ message: { text: 'no event' } }, { message: { text: 'no event' } }],
    [{ message: { events: [E1] } }, { message: { events: [E1] } }],
  ])('of a manual one %j is trigger.args', (body, args) => {
    expect(triggerOf('manual', body)).toEqual([{ args }])
  })

  test('of one with a clock there is nothing to say', () => {
    expect(triggerOf('scheduled', { what: 'ever' })).toEqual([{ type: 'scheduled' }])
  })

  test('of an event each object is one, whose context is that of a real event', () => {
    const body = { message: { instance_id: 48902, eventId: '35149', events: [E1, E2], raw: { a: 1 } } }
    const read = start('event', body)
    expect(read.eventId).toBe('35149')
    expect(read.contexts).toEqual([
      { objectId: '1', trigger: { type: 'event', event: E1, eventId: '35149', instanceId: 48902, body } },
      { objectId: '2', trigger: { type: 'event', event: E2, eventId: '35149', instanceId: 48902, body } },
    ])
  })

  test('the wrapper may be missing, and ids: then it is of the bound element instance, and of an event of its own', () => {
    const message = { events: [E1] }
    const { eventId, contexts } = start('event', message)
    expect(eventId).toMatch(/^[0-9a-f]{20}$/)
    expect(contexts[0]?.trigger).toEqual({ type: 'event', event: E1, eventId, instanceId: 48, body: { message } })
  })

  test.each([[{}], [undefined], [{ message: {} }], [{ events: ['x'] }], [{ message: { events: [E1, null] } }]])(
    'of an event %j is refused, and the complaint shows what is expected',
    (body) => expect(() => start('event', body)).toThrow(/\{"message": \{"events": \[/),
  )

  test('of an event without an object there is nothing to start', () => {
    expect(start('event', { message: { events: [] } }).contexts).toEqual([])
  })

  test('too many objects are refused', () => {
    const events = Array.from({ length: 1001 }, () => E1)
    expect(() => start('event', { events })).toThrow('message.events has 1001 objects, at most 1000')
  })

  test.each(['elementRequest', 'request'])('of a call (%s) it is what was asked and answered', (type) => {
    const body = { request: { method: 'GET', path: '/contacts' }, response: { code: 404, body: { id: 1 } } }
    expect(triggerOf(type, body)).toEqual([
      {
        type: 'request',
        request: { body: null, headers: {}, method: 'GET', path: '/contacts', query: {} },
        response: { body: { id: 1 }, code: 404, headers: {} },
      },
    ])
    expect(triggerOf(type, {})[0]?.['response']).toEqual({ body: null, code: 200, headers: {} })
  })

  test('of several triggers it is the one that the body is for', () => {
    const triggers = of('scheduled', 'event', 'manual', 'elementRequest')
    const numberOf = (body: unknown) => readStart(triggers, body, () => undefined).triggerNumber
    expect([{ events: [E1] }, { a: 1 }, { request: {}, response: {} }].map(numberOf)).toEqual([1, 2, 3])
    expect(readStart(of('scheduled', 'event'), {}, () => undefined).triggerNumber).toBe(0)
  })
})
