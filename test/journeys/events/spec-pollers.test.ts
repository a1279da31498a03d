import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type EventProvisioning,
  listResource,
  type ProvisionedInstance,
  pollerOf,
  postEventElement,
  provisionWithEvents,
} from '../../support/event-element.ts'
import { type EventVendor, type Row, startEventVendor } from '../../support/event-vendor.ts'
import { expectOk } from '../../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { meetPeople, type People } from '../../support/people.ts'
import { pollNow } from '../../support/poll-now.ts'
import { type Delivery, type Inbox, type Receiver, startReceiver } from '../../support/receiver.ts'

/** Asking vendors what changed (spec 40 §7), against a vendor that holds rows and notes what it is asked. */
let hub: TestHub
let vendor: EventVendor
let receiver: Receiver
let people: People
/** Each test takes collections that no other one has. */
const collections = Array.from({ length: 80 }, (_, index) => `things${index + 1}`)
let taken = 0
const collection = (): string => collections[taken++] as string

beforeAll(async () => {
  ;[vendor, receiver, hub] = await Promise.all([
    startEventVendor(),
    startReceiver(),
    startTestHub({ VALENCE_SIMULATE: 'off', VALENCE_EGRESS_ALLOW: '127.0.0.1' }),
  ])
  people = await meetPeople(hub)
  const resources = collections.map((name) => listResource(name))
  const configuration = [{ name: 'Site', key: 'site', type: 'TEXTFIELD_128' }]
  const polling = { 'event.vendor.type': 'polling' }
  await postEventElement(hub, { key: 'polled', baseUrl: vendor.baseUrl, resources, configuration, defaults: polling })
  await postEventElement(hub, {
    key: 'described',
    baseUrl: vendor.baseUrl,
    resources: ['Contact', 'Account'].map((name) => listResource(name)),
    defaults: {
      ...polling,
      'event.metadata': JSON.stringify({
        webhook: {},
        polling: Object.fromEntries(
          ['Contact', 'Account', '{objectName}'].map((name) => [
            name,
            {
              eventTypes: ['created', 'updated'],
              url: `/hubs/crm/{objectName}?where=LastModifiedDate>='\${gmtDate:yyyy-MM-dd'T'HH:mm:ss'Z'}'`,
              idField: 'Id',
            },
          ]),
        ),
      }),
    },
  })
})
afterAll(async () => {
  await hub.close()
  await Promise.all([vendor.close(), receiver.close()])
})

/** Dates with milliseconds, so that what is made now is later than the provisioning. */
const EXACT = "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'"
const exactDates = {
  updatedDateField: 'updated',
  updatedDateFormat: EXACT,
  createdDateField: 'created',
  createdDateFormat: EXACT,
}
const exact = (name: string, given: Record<string, unknown> = {}) =>
  pollerOf(name, {
    url: `/hubs/crm/${name}?where=updated>'\${gmtDate:${EXACT}}'`,
    datesConfiguration: exactDates,
    ...given,
  })

interface Polling extends ProvisionedInstance {
  inbox: Inbox
  /** between which the instance was made, in ms */
  made: { from: number; to: number }
}

async function polling(
  pollers: Record<string, unknown>,
  configuration: Record<string, unknown> = {},
  given: EventProvisioning & { element?: string } = {},
): Promise<Polling> {
  const inbox = receiver.inbox()
  const from = Date.now()
  const { element = 'polled', ...provisioning } = given
  const instance = await provisionWithEvents(
    hub,
    element,
    {
      'event.notification.callback.url': inbox.url,
      'event.poller.refresh_interval': '1000',
      ...(Object.keys(pollers).length === 0 ? {} : { 'event.poller.configuration': pollers }),
      ...configuration,
    },
    provisioning,
  )
  const to = Date.now()
  await wait(3)
  return { ...instance, inbox, made: { from, to } }
}

const stamp = (ms = 0) => new Date(Date.now() + ms).toISOString()
const HOUR = 3_600_000
const old = () => stamp(-24 * HOUR)
const fresh = (id: string, more: Row = {}): Row => {
  const now = stamp()
  return { id, created: now, updated: now, ...more }
}
const changed = (id: string, more: Row = {}): Row => ({ id, created: old(), updated: stamp(), ...more })
const untouched = (id: string): Row => ({ id, created: old(), updated: old() })

const asked = (name: string) => vendor.requests.filter(({ path }) => path === `/${name}`)
const eventsOf = (delivery: Delivery | undefined): Record<string, string>[] => delivery?.json.message.events
/** `a CREATED`, sorted */
const told = (delivery: Delivery | undefined) =>
  eventsOf(delivery)
    .map(({ objectId, eventType }) => `${objectId} ${eventType}`)
    .toSorted()

/** Polls once and tells what one payload said; none is fine when nothing is expected. */
async function expectPoll(instance: Polling, expected: string[]): Promise<Delivery | undefined> {
  instance.inbox.clear()
  await pollNow(hub, instance.id)
  if (expected.length === 0) {
    await wait(300)
    expect(instance.inbox.received).toHaveLength(0)
    return undefined
  }
  const [delivery] = await instance.inbox.arrived(1)
  expect(told(delivery)).toEqual(expected.toSorted())
  expect(instance.inbox.received).toHaveLength(1)
  return delivery
}

describe.concurrent('a run (§7.1, §7.5, §7.8)', { timeout: 40_000 }, () => {
  test('what was there at provisioning is not reported, what came since is; what it is told as', async ({ expect }) => {
    const name = collection()
    vendor.fill(name, [untouched('old')])
    const instance = await polling({ [name]: exact(name) }, {}, { name: `Poll ${name}`, tags: ['t'] })
    const row = fresh('new', { name: 'Acme' })
    vendor.fill(name, [untouched('old'), row])
    const delivery = await expectPoll(instance, ['new CREATED'])
    expect(delivery?.json.message.events).toEqual([
      {
        objectId: 'new',
        objectType: name,
        eventType: 'CREATED',
        date: `${String(row['updated']).slice(0, 19)}Z`,
        pollDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        elementKey: 'polled',
        hubKey: 'crm',
      },
    ])
    expect(delivery?.json.message.raw).toEqual({
      objectType: name,
      pollDate: expect.any(Number),
      [name]: [{ ...row, objectId: 'new', eventType: 'CREATED' }],
    })
    expect(Math.abs(Date.now() - delivery?.json.message.raw.pollDate)).toBeLessThan(30_000)
  })

  test('the next run tells changes since the last one, once', async () => {
    const name = collection()
    const instance = await polling({ [name]: exact(name) })
    vendor.fill(name, [fresh('a'), fresh('b')])
    await expectPoll(instance, ['a CREATED', 'b CREATED'])
    await expectPoll(instance, [])
    vendor.fill(name, [changed('a'), untouched('b')])
    await expectPoll(instance, ['a UPDATED'])
    await expectPoll(instance, [])
  })

  test('created or updated: by both dates, with none, and what is deleted', async () => {
    const name = collection()
    const instance = await polling({ [name]: exact(name) })
    const now = stamp()
    vendor.fill(name, [
      { id: 'same', created: now, updated: now },
      { id: 'later', created: old(), updated: now },
      { id: 'justlater', created: stamp(-5_000), updated: now },
      { id: 'nodates' },
      { id: 'unreadable', created: 'yesterday', updated: '?' },
      { id: 'gone', created: old(), updated: now, deleted: true },
      { id: 'gonetoo', created: old(), updated: now, isDeleted: true },
      { id: 'before', created: old(), updated: old() },
    ])
    await expectPoll(instance, [
      'same CREATED',
      'later UPDATED',
      'justlater UPDATED',
      'nodates CREATED',
      'unreadable CREATED',
      'gone DELETED',
      'gonetoo DELETED',
    ])
  })

  for (const [where, given] of [
    ['beside the dates', { createdCheckTolerance: 10 }],
    ['as text', { createdCheckTolerance: '10' }],
    ['among the dates', { datesConfiguration: { ...exactDates, createdCheckTolerance: 10 } }],
  ] as const) {
    test(`createdCheckTolerance ${where}`, async () => {
      const name = collection()
      const instance = await polling({ [name]: exact(name, given) })
      const now = stamp()
      vendor.fill(name, [
        { id: 'within', created: stamp(-9_000), updated: now },
        { id: 'beyond', created: stamp(-12_000), updated: now },
      ])
      await expectPoll(instance, ['within CREATED', 'beyond UPDATED'])
    })
  }

  test('with one date field: created after the last poll is CREATED, updated is UPDATED; the same field for both is CREATED', async ({
    expect,
  }) => {
    const [updated, created, both] = [collection(), collection(), collection()]
    const dates = (fields: object) => ({ datesConfiguration: fields })
    const instance = await polling({
      [updated]: exact(updated, dates({ updatedDateField: 'updated', updatedDateFormat: EXACT })),
      [created]: exact(created, dates({ createdDateField: 'created', createdDateFormat: EXACT })),
      [both]: exact(both, dates({ ...exactDates, createdDateField: 'updated' })),
    })
    for (const name of [updated, created, both]) vendor.fill(name, [changed(name, { created: stamp() })])
    await pollNow(hub, instance.id)
    await instance.inbox.arrived(3)
    expect(instance.inbox.received.flatMap(told).toSorted()).toEqual(
      [`${updated} UPDATED`, `${created} CREATED`, `${both} CREATED`].toSorted(),
    )
  })

  for (const [spelling, given] of [
    ['filterByUpdatedDate false', { filterByUpdatedDate: false }],
    ['filterByUpdatedDate "false"', { filterByUpdatedDate: 'false' }],
    ['filterByUpdateDate false', { filterByUpdateDate: false }],
  ] as const) {
    test(`${spelling}: by the created date`, async () => {
      const name = collection()
      const instance = await polling({ [name]: exact(name, given) })
      vendor.fill(name, [changed('changed'), fresh('made'), { id: 'nodates' }])
      await expectPoll(instance, ['made CREATED', 'nodates CREATED'])
    })
  }

  test('filterByCurrentDate drops what is dated after the run began; without it that is told', async ({ expect }) => {
    const [now, any] = [collection(), collection()]
    const instance = await polling({ [now]: exact(now, { filterByCurrentDate: true }), [any]: exact(any) })
    const rows = [fresh('present'), { id: 'future', created: stamp(HOUR), updated: stamp(HOUR) }]
    vendor.fill(now, rows)
    vendor.fill(any, rows)
    await pollNow(hub, instance.id)
    await instance.inbox.arrived(2)
    const by = (name: string) => instance.inbox.received.find((one) => one.json.message.raw.objectType === name)
    expect(told(by(now))).toEqual(['present CREATED'])
    expect(told(by(any))).toEqual(['future CREATED', 'present CREATED'])
  })

  test('pages of pageSize are followed to the end, into one payload; an id that comes twice is one event', async ({
    expect,
  }) => {
    const name = collection()
    const instance = await polling({ [name]: exact(name, { pageSize: 2 }) })
    vendor.fill(name, [fresh('a'), fresh('b'), fresh('c'), fresh('d'), fresh('a')])
    await expectPoll(instance, ['a CREATED', 'b CREATED', 'c CREATED', 'd CREATED'])
    // lists of several pages are read a second time: docs/events.md, "Polling"
    const pages = asked(name).map(({ query }) => [query['page'], query['per_page']])
    expect(pages.slice(0, 3)).toEqual([
      ['1', '2'],
      ['2', '2'],
      ['3', '2'],
    ])
  })

  test('without a filter in the url the dates decide', async ({ expect }) => {
    const name = collection()
    const instance = await polling({ [name]: exact(name, { url: `/hubs/crm/${name}` }) })
    vendor.fill(name, [fresh('a'), untouched('b')])
    await expectPoll(instance, ['a CREATED'])
    expect(asked(name)[0]?.query).not.toHaveProperty('filter')
  })

  test('a url without /hubs/crm', async () => {
    const name = collection()
    const instance = await polling({ [name]: exact(name, { url: `/${name}` }) })
    vendor.fill(name, [fresh('a')])
    await expectPoll(instance, ['a CREATED'])
  })

  test('ids: a path, a number', async ({ expect }) => {
    const [nested, number] = [collection(), collection()]
    const instance = await polling({
      [nested]: exact(nested, { idField: 'customer.id' }),
      [number]: exact(number),
    })
    vendor.fill(nested, [fresh('outer', { customer: { id: 'inner' } })])
    vendor.fill(number, [{ ...fresh(''), id: 4711 }])
    await pollNow(hub, instance.id)
    await instance.inbox.arrived(2)
    expect(instance.inbox.received.flatMap(told).toSorted()).toEqual(['4711 CREATED', 'inner CREATED'])
  })

  test('a resource that fails does not stop the others, and its changes come with the next run', async () => {
    const [broken, sound] = [collection(), collection()]
    const instance = await polling({ [broken]: exact(broken), [sound]: exact(sound) })
    vendor.fill(broken, [fresh('b')])
    vendor.fill(sound, [fresh('s')])
    vendor.answer(`GET /${broken}`, { status: 500, body: { error: 'maintenance' } })
    await expectPoll(instance, ['s CREATED'])
    vendor.restore(`GET /${broken}`)
    await expectPoll(instance, ['b CREATED'])
  })

  test('a failure on the second page skips nothing, and nothing is told twice', async ({ expect }) => {
    const name = collection()
    const instance = await polling({ [name]: exact(name, { pageSize: 2 }) })
    const rows = [fresh('a'), fresh('b'), fresh('c')]
    vendor.answer(`GET /${name}`, ({ query }) =>
      query['page'] === '1' ? { body: rows.slice(0, 2) } : { status: 503, body: { error: 'later' } },
    )
    await pollNow(hub, instance.id)
    vendor.restore(`GET /${name}`)
    vendor.fill(name, rows)
    await pollNow(hub, instance.id)
    await instance.inbox.one((delivery) => told(delivery).includes('c CREATED'))
    expect(instance.inbox.received.flatMap(told).toSorted()).toEqual(['a CREATED', 'b CREATED', 'c CREATED'])
  })

  test('runs of one instance do not overlap', async ({ expect }) => {
    const name = collection()
    let [now, most] = [0, 0]
    vendor.answer(`GET /${name}`, async () => {
      most = Math.max(most, ++now)
      await wait(400)
      now--
      return { body: [] }
    })
    const instance = await polling({ [name]: exact(name) })
    await Promise.all([pollNow(hub, instance.id), wait(150).then(() => pollNow(hub, instance.id))])
    expect(most).toBe(1)
  })

  test('the calls go through the hub with the token of the instance: they are in the usage log', async ({ expect }) => {
    const name = collection()
    const instance = await polling({ [name]: exact(name) })
    vendor.fill(name, [])
    await pollNow(hub, instance.id)
    const uris = async () => {
      const { body } = await hub.call('GET', `/usage?keys[]=polled&pageSize=500&searchText=${name}`)
      return (Array.isArray(body) ? body : []).map((row: { request_uri: string }) => row.request_uri)
    }
    await expect.poll(uris, { timeout: 10_000 }).toEqual([expect.stringContaining(`/hubs/crm/${name}`)])
  })
})

describe.concurrent('dates of records (§7.4)', { timeout: 40_000 }, () => {
  const inDenver = () => {
    const parts = new Intl.DateTimeFormat('sv-SE', {
      timeZone: 'America/Denver',
      dateStyle: 'short',
      timeStyle: 'medium',
    })
    return parts.format(new Date(Date.now() + 60_000))
  }
  for (const [name, dates, value] of [
    ['milliseconds, as numbers', { updatedDateFormat: 'milliseconds' }, () => Date.now()],
    ['milliseconds, as text', { updatedDateFormat: 'milliseconds' }, () => String(Date.now())],
    ['more digits than the pattern', { updatedDateFormat: "yyyy-MM-dd'T'HH:mm:ss'Z'" }, () => stamp()],
    [
      'microseconds and an offset',
      { updatedDateFormat: "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX" },
      () => stamp(2 * HOUR).replace('Z', '123+02:00'),
    ],
    ['Z for an offset', { updatedDateFormat: "yyyy-MM-dd'T'HH:mm:ss.SSSZ" }, () => stamp().replace('Z', '+0000')],
    [
      'an offset with a colon',
      { updatedDateFormat: "yyyy-MM-dd'T'HH:mm:ss.SSSZ" },
      () => stamp().replace('Z', '+00:00'),
    ],
    [
      'a zone beside the pattern',
      { updatedDateFormat: 'yyyy-MM-dd HH:mm:ss', updatedDateTimezone: 'America/Denver' },
      inDenver,
    ],
  ] as const) {
    test(name, async () => {
      const resource = collection()
      const datesConfiguration = { updatedDateField: 'm', ...dates }
      const instance = await polling({
        [resource]: exact(resource, { url: `/hubs/crm/${resource}`, datesConfiguration }),
      })
      vendor.fill(resource, [{ id: 'new', m: value() }])
      await expectPoll(instance, ['new UPDATED'])
    })
  }

  test('a date a day ago is old in every zone', async () => {
    const resource = collection()
    const datesConfiguration = {
      updatedDateField: 'm',
      updatedDateFormat: 'MM/dd/yyyy HH:mm:ss',
      updatedDateTimezone: '-8:00',
    }
    const instance = await polling({
      [resource]: exact(resource, { url: `/hubs/crm/${resource}`, datesConfiguration }),
    })
    const american = (ms: number) => {
      const [day = '', time = ''] = stamp(ms).split(/[T.]/)
      const [year, month, date] = day.split('-')
      return `${month}/${date}/${year} ${time}`
    }
    vendor.fill(resource, [
      { id: 'old', m: american(-24 * HOUR) },
      { id: 'new', m: american(-8 * HOUR + 60_000) },
    ])
    await expectPoll(instance, ['new UPDATED'])
  })
})

test('the tokens of urls (§7.4): the last poll date in every spelling', async () => {
  type Reader = (text: string) => number
  const utc: Reader = (text) => Date.parse(text.endsWith('Z') ? text : `${text.replace(' ', 'T')}Z`)
  const american: Reader = (text) => {
    const [, month, day, year, time] = /^(\d\d)\/(\d\d)\/(\d{4}) (.*)$/.exec(text) ?? []
    return Date.parse(`${year}-${month}-${day}T${time}Z`)
  }
  const ending =
    (pattern: RegExp, read: Reader = Date.parse): Reader =>
    (text) => {
      expect(text).toMatch(pattern)
      return read(text)
    }
  const tokens: [token: string, read: Reader, given?: Record<string, unknown>][] = [
    ["gmtDate:yyyy-MM-dd'T'HH:mm:ss'Z'", ending(/T.*\dZ$/, utc)],
    ['date:yyyy-MM-dd HH:mm:ss', utc],
    ['gmtDate:MM/dd/yyyy HH:mm:ss', american],
    ["dateTimeZone:America/Denver:yyyy-MM-dd'T'HH:mm:ssXXX", ending(/-0[67]:00$/)],
    ["DateTimeZone:-8:00:yyyy-MM-dd'T'HH:mm:ssXXX", ending(/-08:00$/)],
    ["dateTimeZone:PST:yyyy-MM-dd'T'HH:mm:ss.SSSXXX", ending(/\.\d{3}-0[78]:00$/)],
    ["dateTimeZone:CST:yyyy-MM-dd'T'HH:mm:ssXXX", ending(/-0[56]:00$/)],
    ['dateTimeZone:GMT:EEE, dd MMM yyyy HH:mm:ss Z', ending(/^\w{3}, \d\d \w{3} \d{4} .* \+0000$/)],
    ['epoch', Number],
    ['epoch:ms', Number],
    ['epoch:s', (text) => Number(text) * 1000],
    ['epoch:us', (text) => Number(text) / 1000],
    ['epoch:0', Number],
    ['milliseconds', Number],
    ['date', ending(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)],
    [
      'date',
      ending(/^\d{13}$/, Number),
      { datesConfiguration: { updatedDateField: 'm', updatedDateFormat: 'milliseconds' } },
    ],
    ["yyyy-MM-dd'T'HH:mm:ss.SSSXXX", ending(/\.\d{3}(Z|\+00:00)$/)],
    ["nowTimeZone:GMT:yyyy-MM-dd'T'HH:mm:ssXXX", ending(/(Z|\+00:00)$/)],
  ]
  const names = tokens.map(() => collection())
  const two = collection()
  const instance = await polling({
    ...Object.fromEntries(
      tokens.map(([token, , given], index) => {
        const name = names[index] as string
        vendor.fill(name, [])
        return [name, exact(name, { url: `/hubs/crm/${name}?where=since='\${${token}}'`, ...given })]
      }),
    ),
    [two]: exact(two, { url: `/hubs/crm/${two}?where=a>='\${epoch}' or b>='\${epoch:s}'` }),
  })
  vendor.fill(two, [])
  await pollNow(hub, instance.id)
  const { from, to } = instance.made
  for (const [index, [token, read]] of tokens.entries()) {
    const name = names[index] as string
    const [request] = asked(name)
    const [, text = ''] = /^since='(.*)'$/.exec(String(request?.query['filter'])) ?? []
    const time = read(text)
    expect(Number.isFinite(time), `${token} became ${JSON.stringify(request?.query)}`).toBe(true)
    // five minutes earlier, in case the vendor's clock differs: docs/events.md, "Polling"
    expect(time, `${token} became ${text}`).toBeGreaterThanOrEqual(from - 301_000)
    expect(time, `${token} became ${text}`).toBeLessThanOrEqual(token.includes('now') ? Date.now() : to)
  }
  expect(asked(two)[0]?.query['filter']).toMatch(/^a>='\d{13}' or b>='\d{10}'$/)
})

describe.concurrent('which resources (§7.2, §7.7)', { timeout: 40_000 }, () => {
  for (const [name, separator] of [
    ['lines', '\n'],
    ['|', '|'],
  ] as const) {
    test(`event.poller.urls names some of the configuration, separated by ${name}`, async ({ expect }) => {
      const [a, b, c] = [collection(), collection(), collection()]
      const pollers = { [a]: exact(a), [b]: exact(b), [c]: exact(c) }
      const instance = await polling(pollers, { 'event.poller.urls': [a, c].join(separator) })
      for (const one of [a, b, c]) vendor.fill(one, [fresh(one)])
      await pollNow(hub, instance.id)
      await instance.inbox.arrived(2)
      expect(instance.inbox.received.flatMap(told).toSorted()).toEqual([`${a} CREATED`, `${c} CREATED`].toSorted())
      expect(asked(b)).toEqual([])
    })
  }

  test('an empty event.poller.urls names all of them', async () => {
    const [a, b] = [collection(), collection()]
    const instance = await polling({ [a]: exact(a), [b]: exact(b) }, { 'event.poller.urls': '' })
    for (const one of [a, b]) vendor.fill(one, [fresh(one)])
    await pollNow(hub, instance.id)
    await instance.inbox.arrived(2)
  })

  test('legacy rows of event.poller.urls, with nine fields and with two', async ({ expect }) => {
    const [whole, short] = [collection(), collection()]
    const rows = [
      `${whole}|/hubs/crm/${whole}?where=u>='\${gmtDate:${EXACT}}'||updated|${EXACT}|GMT|created|${EXACT}|GMT`,
      `${short}|/hubs/crm/${short}?where=u>='\${gmtDate:${EXACT}}'`,
    ]
    const instance = await polling({}, { 'event.poller.urls': rows.join('\n') })
    vendor.fill(whole, [changed('w'), untouched('old')])
    vendor.fill(short, [fresh('s')])
    await pollNow(hub, instance.id)
    await instance.inbox.arrived(2)
    const by = (name: string) => instance.inbox.received.find((one) => one.json.message.raw.objectType === name)
    expect(told(by(whole))).toEqual(['w UPDATED'])
    expect(eventsOf(by(short))).toMatchObject([{ objectType: short }])
    expect(asked(whole)[0]?.query['filter']).toMatch(/^u>='\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z'$/)
  })

  test('{objectName} is expanded once for each of event.objects', async ({ expect }) => {
    const [a, b] = [collection(), collection()]
    const pollers = { '{objectName}': exact('{objectName}') }
    const instance = await polling(pollers, { 'event.objects': `${a}, ${b}` })
    for (const one of [a, b]) vendor.fill(one, [fresh(one)])
    await pollNow(hub, instance.id)
    await instance.inbox.arrived(2)
    expect(
      instance.inbox.received
        .flatMap(eventsOf)
        .map(({ objectType }) => objectType)
        .toSorted(),
    ).toEqual([a, b].toSorted())
  })

  test('other placeholders are configuration keys; one that is none skips its resource', async ({ expect }) => {
    const [a, b] = [collection(), collection()]
    const pollers = {
      [b]: exact(b, { url: `/hubs/crm/${b}?where=calendar='{calendarId}'` }),
      [a]: exact(a, { url: `/hubs/crm/${a}?where=site='{site}'` }),
    }
    const instance = await polling(pollers, { site: 'berlin' })
    vendor.fill(a, [fresh('a')])
    vendor.fill(b, [fresh('b')])
    await expectPoll(instance, ['a CREATED'])
    expect(asked(a)[0]?.query['filter']).toBe("site='berlin'")
    expect(asked(b)).toEqual([])
  })

  test('acceptance 14: the configuration as text', async () => {
    const name = collection()
    const instance = await polling({}, { 'event.poller.configuration': JSON.stringify({ [name]: exact(name) }) })
    vendor.fill(name, [fresh('a')])
    await expectPoll(instance, ['a CREATED'])
  })

  test('event.metadata of the element and event.objects of the instance are enough', async ({ expect }) => {
    const instance = await polling({}, { 'event.objects': 'Contact,Account' }, { element: 'described' })
    vendor.fill('Contact', [])
    vendor.fill('Account', [])
    await pollNow(hub, instance.id)
    for (const name of ['Contact', 'Account']) {
      expect(asked(name)[0]?.query['filter']).toMatch(/^LastModifiedDate\s*>=?\s*'?\d{4}-\d\d-\d\dT/)
    }
  })
})

describe.concurrent('poller records (§7.6)', { timeout: 40_000 }, () => {
  interface PollerRecord {
    id: unknown
    objectType: string
    lastPollDate: string
  }
  const recordsOf = async (instance: Polling): Promise<PollerRecord[]> =>
    expectOk(await hub.call('GET', '/instances/event-poller-records', { token: instance.token })).body

  test('acceptance 8: one for each resource from the first run on; those of objects that are taken away go at once', async ({
    expect,
  }) => {
    const [a, b] = [collection(), collection()]
    const pollers = { '{objectName}': exact('{objectName}') }
    const instance = await polling(pollers, { 'event.objects': `${a},${b}` })
    for (const one of [a, b]) vendor.fill(one, [])
    await pollNow(hub, instance.id)
    const records = await recordsOf(instance)
    expect(records.map(({ objectType }) => objectType).toSorted()).toEqual([a, b].toSorted())
    for (const record of records) {
      expect(record).toMatchObject({
        id: expect.anything(),
        elementInstanceId: instance.id,
        lastPollDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        createdDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        updatedDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      })
      expect(Date.parse(record.lastPollDate)).toBeGreaterThanOrEqual(instance.made.to - 1_000)
    }
    expectOk(await hub.call('PATCH', `/instances/${instance.id}`, { body: { configuration: { 'event.objects': a } } }))
    expect((await recordsOf(instance)).map(({ objectType }) => objectType)).toEqual([a])
  })
})

describe.concurrent('the job (§7.1)', { timeout: 40_000 }, () => {
  interface Job {
    id: string
    data: Record<string, unknown>
    trigger: { state: string; nextFireTime?: number }
  }

  /** Somebody with an account of their own. */
  async function owner() {
    const { admin } = await people.signUp(`Pollers ${collection()}`)
    const ask = people.as(admin)
    const call: TestHub['call'] = (method, path, options) =>
      hub.call(method, path, { authorization: admin.authorization, ...options })
    await postEventElement(
      { ...hub, call },
      {
        key: 'theirs',
        baseUrl: vendor.baseUrl,
        resources: collections.map((name) => listResource(name)),
        defaults: { 'event.vendor.type': 'polling' },
      },
    )
    const jobs = async (): Promise<Job[]> => expectOk(await ask('GET', '/jobs')).body
    const provision = async (configuration: object) => {
      const { id } = await provisionWithEvents({ ...hub, call }, 'theirs', { ...configuration })
      return id
    }
    return { admin, ask, jobs, provision }
  }
  const pollers = () => {
    const name = collection()
    vendor.fill(name, [])
    return { 'event.poller.configuration': { [name]: exact(name) }, 'event.poller.refresh_interval': '5' }
  }

  test('is one for one polling instance, due within its interval; none for others', async ({ expect }) => {
    const { jobs, provision } = await owner()
    await provision({ 'event.vendor.type': 'webhooks' })
    await provision({ ...pollers(), 'event.notification.enabled': false })
    expect(await jobs()).toEqual([])
    await provision(pollers())
    const [job, ...more] = await jobs()
    expect(more).toEqual([])
    expect(job).toMatchObject({
      id: expect.any(String),
      data: { elementKey: 'theirs' },
      trigger: { state: expect.any(String) },
    })
    expect(job?.trigger.nextFireTime).toBeLessThanOrEqual(Date.now() + 5 * 60_000 + 1_000)
  })

  test('acceptance 7: an interval of 999999999 minutes does not fire', async ({ expect }) => {
    const { jobs, provision } = await owner()
    const name = collection()
    vendor.fill(name, [])
    const configuration = { 'event.poller.configuration': { [name]: exact(name) } }
    await provision({ ...configuration, 'event.poller.refresh_interval': 999999999 })
    const [job] = await jobs()
    expect(job).toBeDefined()
    if (job?.trigger.nextFireTime !== undefined) {
      expect(job.trigger.nextFireTime).toBeGreaterThan(Date.now() + 1_000 * 365 * 24 * HOUR)
    }
    await wait(2_500)
    expect(asked(name)).toEqual([])
  })

  test('follows its instance: events off and on, another mechanism, another interval, deletion', async ({ expect }) => {
    const { ask, jobs, provision } = await owner()
    const id = await provision(pollers())
    const patch = async (configuration: object) => expectOk(await ask('PATCH', `/instances/${id}`, { configuration }))
    await patch({ 'event.notification.enabled': false })
    expect(await jobs()).toHaveLength(0)
    await patch({ 'event.notification.enabled': 'true' })
    expect(await jobs()).toHaveLength(1)
    await patch({ 'event.vendor.type': 'webhooks' })
    expect(await jobs()).toHaveLength(0)
    await patch({ 'event.vendor.type': 'polling' })
    expect(await jobs()).toHaveLength(1)
    await patch({ 'event.poller.refresh_interval': '999999999' })
    const [slow] = await jobs()
    expect(slow?.trigger.nextFireTime ?? Number.POSITIVE_INFINITY).toBeGreaterThan(Date.now() + HOUR)
    await patch({ 'event.poller.refresh_interval': 3 })
    const [quick] = await jobs()
    expect(quick?.trigger.nextFireTime).toBeLessThanOrEqual(Date.now() + 3 * 60_000 + 1_000)
    expectOk(await ask('DELETE', `/instances/${id}`))
    expect(await jobs()).toEqual([])
  })

  test('acceptance 9: deactivating the user removes it and keeps the instance; reactivation does not bring it back, an update of the instance does', async ({
    expect,
  }) => {
    const { admin, ask } = await owner()
    const user = await people.addUser(admin, admin.accountId)
    const { id } = expectOk(
      await people.as(user)('POST', '/instances', {
        name: 'Theirs',
        element: { key: 'theirs' },
        configuration: { 'event.notification.enabled': true, ...pollers() },
      }),
    ).body
    const jobs = async () => expectOk(await people.as(user)('GET', '/jobs')).body
    expect(await jobs()).toHaveLength(1)
    expectOk(await ask('PATCH', `/users/${user.id}`, { active: false }))
    expect(expectOk(await ask('GET', '/jobs')).body).toEqual([])
    expectOk(await ask('PATCH', `/users/${user.id}`, { active: true }))
    expect(await jobs()).toEqual([])
    expectOk(await people.as(user)('GET', `/instances/${id}`))
    const configuration = { 'event.poller.refresh_interval': '10' }
    expectOk(await people.as(user)('PATCH', `/instances/${id}`, { configuration }))
    expect(await jobs()).toHaveLength(1)
  })
})
