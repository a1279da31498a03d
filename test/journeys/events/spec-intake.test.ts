import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  EVENT_HOOK,
  type EventProvisioning,
  postEvent,
  postEventElement,
  provisionWithEvents,
  refOf,
} from '../../support/event-element.ts'
import { type EventVendor, startEventVendor } from '../../support/event-vendor.ts'
import { expectOk } from '../../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { meetPeople, type People } from '../../support/people.ts'
import { type Inbox, type Receiver, startReceiver } from '../../support/receiver.ts'

/** What vendors send: to which instances it goes, as what the event hook sees it, and what it is answered (spec 40 §4). */
let hub: TestHub
let vendor: EventVendor
let receiver: Receiver
let people: People
beforeAll(async () => {
  ;[vendor, receiver, hub] = await Promise.all([
    startEventVendor(),
    startReceiver(),
    startTestHub({
      VALENCE_SIMULATE: 'off',
      VALENCE_EGRESS_ALLOW: '127.0.0.1',
      VALENCE_WEBHOOK_VERIFY_TOKEN: 'CloudElements@123',
    }),
  ])
  people = await meetPeople(hub)
  const make = (key: string, given: object) => postEventElement(hub, { key, baseUrl: vendor.baseUrl, ...given })
  await make('hooked', { hook: EVENT_HOOK })
  await make('other', { hook: EVENT_HOOK })
  await make('echoing', { hook: ECHO })
  await make('legacyarray', { hook: LEGACY_ECHO, isLegacy: true })
  await make('finding', {
    hook: EVENT_HOOK,
    defaults: { 'event.notification.instance.finder': 'site.id|data.site_id' },
    configuration: [{ name: 'Site', key: 'site.id', type: 'TEXTFIELD_128' }],
  })
})
afterAll(async () => {
  await hub.close()
  await Promise.all([vendor.close(), receiver.close()])
})

/** One event whose object id is all that the hook got. */
const ECHO = "done({ events: [{ event_type: 'seen', event_object_id: JSON.stringify(events) }] })"
const LEGACY_ECHO = `
  var list = getArray()
  list.add({ event_type: 'seen', event_object_id: JSON.stringify({ isArray: Array.isArray(events), events: events }) })
  return { events: list }
`

interface Target {
  id: number
  token: string
  inbox: Inbox
  /** object ids that arrived, in order */
  objectIds(): string[]
}

async function target(element = 'hooked', configuration: object = {}, given: EventProvisioning = {}): Promise<Target> {
  const inbox = receiver.inbox()
  const { id, token } = await provisionWithEvents(
    hub,
    element,
    { 'event.notification.callback.url': inbox.url, ...configuration },
    given,
  )
  const objectIds = () =>
    inbox.received.flatMap(({ json }) => json.message.events.map((event: Event) => event.objectId))
  return { id, token, inbox, objectIds }
}
type Event = { objectId: string }

const item = (id: string) => ({ id, type: 'Contact', change: 'created' })

/** Posts, and requires the answer that vendors always get. */
async function send(path: string, given: Parameters<typeof postEvent>[2]): Promise<void> {
  const answer = await postEvent(hub, path, given)
  expect(answer.status, answer.text).toBe(200)
  expect(['', '{}']).toContain(answer.text)
}

/** After what must not arrive comes something that does; first attempts leave in order. */
async function expectOnly(to: Target, ids: string[]): Promise<void> {
  await send(`/events/hooked/${to.id}`, { body: item('last') })
  await to.inbox.one(({ json }) => json.message.events[0].objectId === 'last')
  expect(to.objectIds()).toEqual([...ids, 'last'])
}

describe('the instance in the path (§4.1)', () => {
  for (const [name, pathOf] of [
    ['Base64 of the id', (id: number) => `/events/hooked/${refOf(id)}`],
    ['Base64 without padding', (id: number) => `/events/hooked/${refOf(id).replaceAll('=', '')}`],
    ['Base64, percent-encoded', (id: number) => `/events/hooked/${refOf(id).replaceAll('=', '%3D')}`],
    ['the plain id', (id: number) => `/events/hooked/${id}`],
    ['the id with a slash behind it', (id: number) => `/events/hooked/${id}/`],
    ['the key of another element: the instance wins', (id: number) => `/events/github/${refOf(id)}`],
    ['the key of no element at all', (id: number) => `/events/nosuchelement/${refOf(id)}`],
  ] as const) {
    test(name, async () => {
      const to = await target()
      await send(pathOf(to.id), { body: item('one') })
      await to.inbox.arrived(1)
      expect(to.objectIds()).toEqual(['one'])
    })
  }

  test('the token of the instance', async () => {
    const to = await target()
    await send(`/events/hooked/${encodeURIComponent(to.token)}`, { body: item('one') })
    await to.inbox.arrived(1)
  })

  test('acceptance 4: MjA5MzE= and 20931 reach instance 20931', async () => {
    await sql`select setval(pg_get_serial_sequence('instances', 'id'), 20930)`.execute(hub.hub.store.db)
    const to = await target()
    expect(to.id).toBe(20931)
    await send('/events/hooked/MjA5MzE=', { body: item('encoded') })
    await send('/events/hooked/20931', { body: item('plain') })
    await to.inbox.arrived(2)
    expect(to.objectIds()).toEqual(['encoded', 'plain'])
  })

  test('it wins over Element-Instances', async () => {
    const [inPath, inHeader] = [await target(), await target()]
    await send(`/events/hooked/${inPath.id}`, {
      body: item('one'),
      headers: { 'Element-Instances': String(inHeader.id) },
    })
    await inPath.inbox.arrived(1)
    await expectOnly(inHeader, [])
  })

  test('credentials of the caller are ignored, right or wrong', async () => {
    const to = await target()
    for (const authorization of [hub.authorization, 'User nobody, Organization nothing', 'Basic eDp5']) {
      await send(`/events/hooked/${to.id}`, { body: item('one'), headers: { authorization } })
    }
    await to.inbox.arrived(3)
  })
})

describe('Element-Instances (§4.2)', () => {
  test('one instance', async () => {
    const to = await target()
    await send('/events/hooked', { body: item('one'), headers: { 'Element-Instances': String(to.id) } })
    await to.inbox.arrived(1)
  })

  test('acceptance 3: a list of two makes two deliveries, with one event id', async () => {
    const [first, second, third] = [await target(), await target(), await target()]
    await send('/events/hooked', { body: item('one'), headers: { 'Element-Instances': `${first.id}, ${second.id}` } })
    const [[one], [two]] = await Promise.all([first.inbox.arrived(1), second.inbox.arrived(1)])
    expect(one?.json.message).toMatchObject({ instanceId: first.id })
    expect(two?.json.message).toMatchObject({ instanceId: second.id, eventId: one?.json.message.eventId })
    await expectOnly(first, ['one'])
    await expectOnly(second, ['one'])
    await expectOnly(third, [])
  })

  test('an unknown id in the list does not keep the others from it', async () => {
    const to = await target()
    await send('/events/hooked', { body: item('one'), headers: { 'Element-Instances': `999999999,${to.id}` } })
    await to.inbox.arrived(1)
  })
})

describe('polled payloads name their instance (§4.2, rule 3)', () => {
  const polled = { objectType: 'accounts', accounts: [{ id: 'a1' }] }
  test('in the body', async () => {
    const to = await target()
    await send('/events/hookedPolling', { body: { instance_id: to.id, ...polled } })
    await to.inbox.arrived(1)
  })
  test('in the header Id', async () => {
    const to = await target()
    await send('/events/hookedPolling', { body: polled, headers: { Id: String(to.id) } })
    await to.inbox.arrived(1)
  })
})

describe('event.notification.instance.finder (§4.2, rule 4)', () => {
  test('all instances whose configuration has the value of the body, and no others', async () => {
    const [first, second, elsewhere] = [
      await target('finding', { 'site.id': 'berlin' }),
      await target('finding', { 'site.id': 'berlin' }),
      await target('finding', { 'site.id': 'paris' }),
    ]
    await send('/events/finding', { body: { ...item('one'), data: { site_id: 'berlin' } } })
    await Promise.all([first.inbox.arrived(1), second.inbox.arrived(1)])
    await expectOnly(elsewhere, [])
  })

  test('a number is found by its text', async () => {
    const to = await target('finding', { 'site.id': 4711 })
    await send('/events/finding', { body: { ...item('one'), data: { site_id: 4711 } } })
    await to.inbox.arrived(1)
  })

  test('an instance can have a finder of its own', async () => {
    const to = await target('finding', { 'site.id': 'rome', 'event.notification.instance.finder': 'site.id|where' })
    await send('/events/finding', { body: { ...item('one'), where: 'rome' } })
    await to.inbox.arrived(1)
  })

  test('a disabled instance is not found', async () => {
    const [enabled, disabled] = [
      await target('finding', { 'site.id': 'oslo' }),
      await target('finding', { 'site.id': 'oslo' }),
    ]
    expectOk(await hub.call('DELETE', `/instances/${disabled.id}/enabled`))
    await send('/events/finding', { body: { ...item('one'), data: { site_id: 'oslo' } } })
    await enabled.inbox.arrived(1)
    expectOk(await hub.call('PUT', `/instances/${disabled.id}/enabled`))
    await expectOnly(disabled, [])
  })
})

describe('for nobody: nothing is stored, the answer is 200 (§4.2, rule 6)', () => {
  const count = async () => {
    const { rows } = await sql<{ count: number }>`select count(*)::int as count from event_targets
      where not pending and instance_id is not null`.execute(hub.hub.store.db)
    return rows[0]?.count ?? 0
  }
  for (const [name, path, headers] of [
    ['an element without finder', '/events/hooked', {}],
    ['an element that does not exist', '/events/nosuchelement', {}],
    ['an instance that does not exist', `/events/hooked/${refOf(888888888)}`, {}],
    ['a reference that is none', '/events/hooked/%C3%BC%C3%BC', {}],
    ['a list of instances that do not exist', '/events/hooked', { 'Element-Instances': '777777777,777777778' }],
    ['a list of no instances', '/events/hooked', { 'Element-Instances': 'x,,' }],
    ['a value that no instance has', '/events/finding', {}],
  ] as const) {
    test(name, async () => {
      const before = await count()
      await send(path, { body: { ...item('one'), data: { site_id: 'atlantis' } }, headers })
      const control = await target()
      await send(`/events/hooked/${control.id}`, { body: item('one') })
      await control.inbox.arrived(1)
      expect(await count()).toBe(before + 1)
    })
  }
})

describe('skipped instances (§4.2)', () => {
  test('disabled ones', async () => {
    const to = await target()
    expectOk(await hub.call('DELETE', `/instances/${to.id}/enabled`))
    await send(`/events/hooked/${to.id}`, { body: item('one') })
    await settled(to.id)
    expectOk(await hub.call('PUT', `/instances/${to.id}/enabled`))
    await expectOnly(to, [])
  })

  test('those with events off', async () => {
    const to = await target('hooked', { 'event.notification.enabled': false })
    await send(`/events/hooked/${to.id}`, { body: item('one') })
    await settled(to.id)
    const on = { configuration: { 'event.notification.enabled': true } }
    expectOk(await hub.call('PATCH', `/instances/${to.id}`, { body: on }))
    await expectOnly(to, [])
  })

  test('those whose owner is inactive', async () => {
    const owner = await people.addUser(people.first, people.first.accountId)
    const to = await target('hooked', {}, { authorization: owner.authorization })
    expectOk(await hub.call('PATCH', `/users/${owner.id}`, { body: { active: false } }))
    await send(`/events/hooked/${to.id}`, { body: item('one') })
    await settled(to.id)
    expectOk(await hub.call('PATCH', `/users/${owner.id}`, { body: { active: true } }))
    await expectOnly(to, [])
  })

  /** No work is left for the instance, whatever became of it. */
  async function settled(instanceId: number): Promise<void> {
    await expect
      .poll(
        async () => {
          const { rows } = await sql`select 1 from event_targets where instance_id = ${instanceId} and pending`.execute(
            hub.hub.store.db,
          )
          return rows.length
        },
        { timeout: 10_000 },
      )
      .toBe(0)
  }
})

test('an event that comes before its instance is known reaches it (late binding)', async () => {
  const { id } = await target()
  await send(`/events/hooked/${id + 1}`, { body: item('early') })
  const to = await target()
  expect(to.id).toBe(id + 1)
  await to.inbox.arrived(1, 15_000)
  expect(to.objectIds()).toEqual(['early'])
})

describe('what the hook gets as `events` (§4.3)', () => {
  async function seen(element: string, given: Parameters<typeof postEvent>[2], query = '') {
    const to = await target(element)
    await send(`/events/${element}/${refOf(to.id)}${query}`, given)
    const [delivery] = await to.inbox.arrived(1)
    const [event] = delivery?.json.message.events ?? []
    return { events: JSON.parse(event.objectId), raw: delivery?.json.message.raw, message: delivery?.json.message }
  }
  const type = (value: string) => ({ 'content-type': value })

  test('a JSON object, with eventHeaders in lower case and eventId', async () => {
    const { events, message, raw } = await seen('echoing', {
      body: { a: { b: 1 } },
      headers: { 'X-GitHub-Event': 'push' },
    })
    const { eventHeaders, eventId, ...body } = events
    expect(body).toEqual({ a: { b: 1 } })
    expect(eventHeaders).toMatchObject({ 'x-github-event': 'push', 'content-type': 'application/json' })
    expect(Object.keys(eventHeaders).filter((name) => name !== name.toLowerCase())).toEqual([])
    expect(eventId).toBe(message.eventId)
    expect(raw).toEqual({ a: { b: 1 } })
  })

  test('credentials of the request are not among the headers', async () => {
    const headers = { authorization: hub.authorization, cookie: 'session=1' }
    const { events } = await seen('echoing', { body: { a: 1 }, headers })
    expect(JSON.stringify(events)).not.toContain(/User (\S+?),/.exec(hub.authorization)?.[1])
  })

  test('acceptance 5: a JSON array, as objects', async () => {
    const { events, raw } = await seen('echoing', { body: [{ id: 1 }, { id: 2 }] })
    expect(events).toMatchObject({ objects: [{ id: 1 }, { id: 2 }], eventHeaders: {}, eventId: expect.any(String) })
    expect(raw).toEqual({ objects: [{ id: 1 }, { id: 2 }] })
  })

  test('a JSON array, as it is for a legacy hook', async () => {
    const { events } = await seen('legacyarray', { body: [{ id: 1 }, { id: 2 }] })
    expect(events).toEqual({ isArray: true, events: [{ id: 1 }, { id: 2 }] })
  })

  test('acceptance 5: a form, as its fields', async () => {
    const body = 'event=uploaded&itemId=7&itemType=file&newItemId=&userId=%5B%22u-1%22%5D'
    const { events, raw } = await seen('echoing', { body, headers: type('application/x-www-form-urlencoded') })
    expect(events).toMatchObject({ event: 'uploaded', itemId: '7', itemType: 'file', newItemId: '', userId: '["u-1"]' })
    expect(raw).toMatchObject({ event: 'uploaded', itemId: '7' })
  })

  test('acceptance 5: a GET, as its query parameters', async () => {
    const query = `?${new URLSearchParams({ ticket: '{"id":12}', changed: 'yes' })}`
    const { events } = await seen('echoing', { method: 'GET' }, query)
    expect(events).toMatchObject({ ticket: '{"id":12}', changed: 'yes' })
  })

  test('a POST without a body, as its query parameters', async () => {
    const { events } = await seen('echoing', {}, '?id=12')
    expect(events).toMatchObject({ id: '12' })
  })

  for (const mime of ['application/xml', 'text/xml; charset=utf-8']) {
    test(`acceptance 5: ${mime}, as an object with one root`, async () => {
      const body = '<?xml version="1.0"?><Root kind="x"><DataArea><Id>7</Id><Name>Ann &amp; Bo</Name></DataArea></Root>'
      const { events } = await seen('echoing', { body, headers: type(mime) })
      expect(events).toMatchObject({ Root: { DataArea: { Name: 'Ann & Bo' } } })
      expect(String(events.Root.DataArea.Id)).toBe('7')
    })
  }

  test('JSON without a content type', async () => {
    const body = Buffer.from('{"a":1}')
    expect((await seen('echoing', { body })).events).toMatchObject({ a: 1 })
  })

  test('five megabytes', async () => {
    const to = await target()
    await send(`/events/hooked/${to.id}`, { body: { ...item('large'), pad: 'x'.repeat(4_999_900) } })
    const [delivery] = await to.inbox.arrived(1, 15_000)
    expect(delivery?.json.message.raw.pad).toHaveLength(4_999_900)
  })

  test('text outside ASCII stays what it is', async () => {
    const { events, raw } = await seen('echoing', { body: { name: 'Zoë 𝄞 \u0001' } })
    expect([events.name, raw.name]).toEqual(['Zoë 𝄞 \u0001', 'Zoë 𝄞 \u0001'])
  })
})

describe('handshakes make no event (§4.4)', () => {
  const cases: [name: string, given: { method: string; query?: string; body?: unknown }, answer: string | RegExp][] = [
    [
      'hub.challenge',
      { method: 'GET', query: '?hub.mode=subscribe&hub.verify_token=CloudElements%40123&hub.challenge=1158201444' },
      '1158201444',
    ],
    ['validationToken', { method: 'POST', query: '?validationToken=Validation%3A%20abc' }, 'Validation: abc'],
    ['validationToken by GET', { method: 'GET', query: '?validationToken=abc' }, 'abc'],
    ['challenge', { method: 'GET', query: '?challenge=drop%3Cbox' }, 'drop<box'],
    ['GET without parameters', { method: 'GET' }, /^(\{\})?$/],
    ['HEAD', { method: 'HEAD' }, ''],
  ]
  for (const ref of ['', 'of an instance ']) {
    for (const [name, { method, query = '', body }, expected] of cases) {
      test(`${ref}${name}`, async () => {
        const to = await target()
        const path = ref === '' ? '/events/hooked' : `/events/hooked/${refOf(to.id)}`
        const answer = await postEvent(hub, path + query, { method, body })
        expect(answer.status, answer.text).toBe(200)
        if (typeof expected === 'string') {
          expect(answer.text).toBe(expected)
          if (expected !== '') expect(answer.headers.get('content-type')).toMatch(/^text\/plain/)
        } else expect(answer.text).toMatch(expected)
        await expectOnly(to, [])
      })
    }
  }

  test('url_verification', async () => {
    const to = await target()
    const body = { type: 'url_verification', token: 't', challenge: 'slack-7' }
    const answer = await postEvent(hub, `/events/hooked/${refOf(to.id)}`, { body })
    expect([answer.status, JSON.parse(answer.text)]).toEqual([200, { challenge: 'slack-7' }])
    await expectOnly(to, [])
  })

  test('a wrong verify token gets no challenge back', async () => {
    const query = '?hub.mode=subscribe&hub.verify_token=guess&hub.challenge=1158201444'
    const answer = await postEvent(hub, `/events/hooked${query}`, { method: 'GET' })
    expect(answer.text).not.toContain('1158201444')
  })
})
