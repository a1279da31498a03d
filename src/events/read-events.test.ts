import { afterAll, describe, expect, test } from 'vitest'
import { elementOf, row } from '../../test/support/engine.ts'
import { startTestSandbox } from '../../test/support/sandbox.ts'
import { compile } from '../engine/compile.ts'
import type { Hook } from '../model/element.ts'
import { readEvents } from './read-events.ts'
import { eventHookOf, runEventHook } from './run-event-hook.ts'

const sandbox = startTestSandbox()
afterAll(() => sandbox.close())

const NOW = new Date('2026-11-26T03:30:00Z')
const COMMON = { date: '2026-11-26T03:30:00Z', elementKey: 'acme', hubKey: 'crm' }
const SECRET = 'the-secret-of-the-customer'

interface Posted {
  kind?: 'webhook' | 'polling'
  body?: unknown
  text?: string
  query?: string
  contentType?: string
  headers?: Record<string, string>
}

/** What comes of a request for an instance of an element with this hook, and what the hook printed. */
async function read(posted: Posted, hook?: Partial<Hook>) {
  const element = elementOf({
    configuration: [
      row('webhook.secret', undefined, { type: 'PASSWORD' }),
      row('is.loud', 'true', { type: 'BOOLEAN' }),
    ],
    hooks: hook ? [{ type: 'event', ...hook }] : [],
  })
  const plan = compile(element)
  const state = {
    id: 7,
    accountId: 1,
    configuration: { 'webhook.secret': SECRET, 'is.loud': 'true' },
    credentialsVersion: 1,
  }
  const printed: string[] = []
  const context = {
    runScript: sandbox.run,
    noteConsole: (_instance: unknown, label: string, lines: readonly string[]) =>
      void printed.push(...lines.map((line) => `${label}: ${line}`)),
  }
  const plannedHook = eventHookOf(element)
  const result = await readEvents({
    arrived: {
      id: 'AXv0Qk3hVw9sLr2TzYbC',
      kind: posted.kind ?? 'webhook',
      query: posted.query ?? '',
      contentType: posted.contentType ?? 'application/json',
      headers: posted.headers ?? {},
      body: Buffer.from(posted.text ?? JSON.stringify(posted.body ?? {})),
    },
    defaults: { now: NOW, elementKey: 'acme', hubKey: 'crm' },
    hook: plannedHook,
    runHook: (events) => runEventHook(context, plannedHook!, { plan, state }, events),
    readerOf: () => undefined,
  })
  return { ...result, printed }
}

const ECHO = {
  body: 'done({ events: [{ event_type: "created", event_object_id: events.id, event_object_type: "things" }] })',
}
const THING = { ...COMMON, eventType: 'CREATED', objectType: 'things' }

describe('a webhook', () => {
  for (const [name, hook, posted, events] of [
    ['with a hook that calls done', ECHO, { body: { id: 5 } }, [{ ...THING, objectId: '5' }]],
    [
      'with a hook that returns',
      { body: 'return { events: [{ event_type: "deleted", event_object_id: events.id }] }' },
      { body: { id: 5 } },
      [{ ...COMMON, eventType: 'DELETED', objectId: '5' }],
    ],
    [
      'with a legacy hook',
      {
        isLegacy: true,
        body: 'var list = getArray(); Java.from(events).forEach(function (one) { list.add({ event_type: "UPDATED", event_object_id: one.id }) }); return { events: list };',
      },
      { body: [{ id: 1 }, { id: 2 }] },
      [
        { ...COMMON, eventType: 'UPDATED', objectId: '1' },
        { ...COMMON, eventType: 'UPDATED', objectId: '2' },
      ],
    ],
    [
      'that is a list',
      { body: 'done({ events: events.objects.map((one) => ({ event_type: "updated", event_object_id: one.id })) })' },
      { body: [{ id: 1 }] },
      [{ ...COMMON, eventType: 'UPDATED', objectId: '1' }],
    ],
    [
      'told by a header',
      { body: 'done({ events: [{ event_type: events.eventHeaders["x-topic"], event_object_id: events.eventId }] })' },
      { headers: { 'x-topic': 'created' } },
      [{ ...COMMON, eventType: 'CREATED', objectId: 'AXv0Qk3hVw9sLr2TzYbC' }],
    ],
    [
      'that is a form',
      ECHO,
      { text: 'id=a%20b', contentType: 'application/x-www-form-urlencoded' },
      [{ ...THING, objectId: 'a b' }],
    ],
    [
      'that is XML',
      { body: 'done({ events: [{ event_type: "created", event_object_id: events.Root.DataArea.id }] })' },
      { text: '<Root><DataArea><id>5</id></DataArea></Root>', contentType: 'text/xml' },
      [{ ...COMMON, eventType: 'CREATED', objectId: '5' }],
    ],
    ['that is only a query', ECHO, { text: '', query: 'id=9' }, [{ ...THING, objectId: '9' }]],
    ['of which the hook has nothing to tell', { body: 'done({ continue: true })' }, { body: { id: 5 } }, []],
    ['of which the hook says nothing', { body: 'const x = events' }, { body: { id: 5 } }, []],
    ['without a hook', undefined, { body: { id: 5 } }, [{ ...COMMON, eventType: 'UNKNOWN' }]],
    ['with a hook without a body', { body: ' ' }, { body: { id: 5 } }, [{ ...COMMON, eventType: 'UNKNOWN' }]],
    [
      'whose hook reads the configuration',
      { body: 'done({ events: [{ event_type: configuration["is.loud"] === true ? "loud" : "quiet" }] })' },
      {},
      [{ ...COMMON, eventType: 'LOUD' }],
    ],
    [
      'that looks polled',
      undefined,
      { body: { objectType: 'things', things: [{ id: 1 }] } },
      [{ ...COMMON, eventType: 'UNKNOWN' }],
    ],
  ] as const) {
    test(name, async () => expect((await read(posted as Posted, hook)).events).toEqual(events))
  }

  test('is told of as it came, without what the hook saw beside it', async () => {
    expect((await read({ body: { id: 5, a: [1] }, headers: { a: 'b' } }, ECHO)).raw).toEqual({ id: 5, a: [1] })
  })
  test('whose hook prints a secret', async () => {
    const { printed } = await read({}, { body: 'console.log("with", configuration["webhook.secret"]); done()' })
    expect(printed).toEqual(['event hook of acme: with ********'])
  })
  test('whose hook fails, without a secret in the message', async () => {
    await expect(read({}, { body: 'throw new Error(configuration["webhook.secret"])' })).rejects.toMatchObject({
      code: 'SCRIPT_FAILED',
      message: expect.stringMatching(/^event hook of acme: .*\*{8}/),
    })
  })
  test('whose hook gives a configuration changes nothing', async () => {
    const hook = { body: 'done({ configuration: { "webhook.secret": "mine" }, events: [{}] })' }
    expect(Object.keys(await read({}, hook)).toSorted()).toEqual(['events', 'printed', 'raw'])
  })
})

describe('a polled payload', () => {
  const polled = (more: Record<string, unknown> = {}): Posted => ({
    kind: 'polling',
    body: { instance_id: 7, objectType: 'things', things: [{ id: 1, XRefCode: 'x' }], ...more },
  })
  const event = {
    ...COMMON,
    objectType: 'things',
    objectId: '1',
    eventType: 'CREATED',
    pollDate: '2026-11-26T03:30:00Z',
  }
  const raw = {
    objectType: 'things',
    pollDate: NOW.getTime(),
    things: [{ id: 1, XRefCode: 'x', objectId: '1', eventType: 'CREATED' }],
  }

  test('without events and hook is derived', async () => {
    expect(await read(polled())).toEqual({ events: [event], raw, printed: [] })
  })
  test('with events is taken as it is, whatever a hook would say', async () => {
    const given = { ...event, eventType: 'DELETED', pollDate: '2026-11-26T03:00:00Z' }
    const { events, raw: told } = await read(polled({ events: [given] }), ECHO)
    expect(events).toEqual([given])
    expect(told).toEqual({
      objectType: 'things',
      pollDate: Date.parse('2026-11-26T03:00:00Z'),
      things: [{ id: 1, XRefCode: 'x', objectId: '1', eventType: 'DELETED' }],
    })
  })
  test('goes through the hook, which sees the facts in its records', async () => {
    const body = `const records = events.eventId && events.objectType ? events[events.objectType] : []
      done({ events: records.map((one) => ({ event_object_id: (one.objectId || one.XRefCode) + '!', event_type: one.eventType, event_object_type: events.objectType })) })`
    expect(await read(polled(), { body })).toEqual({ events: [{ ...event, objectId: '1!' }], raw, printed: [] })
  })
  test('does not grow a thousand times: the name of what it is of is short', async () => {
    const objectType = 'x'.repeat(20_000)
    const body = { objectType, [objectType]: Array(10_000).fill(0) }
    const told = await read({ kind: 'polling', body })
    expect(told.events).toEqual([{ ...COMMON, eventType: 'UNKNOWN' }])
    expect(JSON.stringify(told).length).toBeLessThan(2 * JSON.stringify(body).length)
  })
  for (const body of [{ things: Array(100_001).fill(0) }, { events: Array(100_001).fill({}) }])
    test(`has no more than 100,000 events: ${Object.keys(body)}`, async () => {
      await expect(read({ kind: 'polling', body: { objectType: 'things', ...body } })).rejects.toMatchObject({
        code: 'BODY_INVALID',
      })
    })
  test('that is none is a webhook', async () => {
    expect((await read({ kind: 'polling', body: { things: [] } })).events).toEqual([
      { ...COMMON, eventType: 'UNKNOWN' },
    ])
  })
})
