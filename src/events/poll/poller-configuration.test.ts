// biome-ignore-all lint/suspicious/noTemplateCurlyInString: tokens of poll addresses
import { describe, expect, test } from 'vitest'
import { readPollers } from './poller-configuration.ts'

const CONTACTS = {
  url: "/hubs/crm/contacts?where=updated>'${gmtDate:yyyy-MM-dd}'",
  idField: 'id',
  datesConfiguration: {
    updatedDateField: 'updated',
    updatedDateFormat: 'milliseconds',
    createdDateField: 'created',
    createdDateFormat: 'yyyy-MM-dd',
    createdDateTimezone: 'PST',
  },
}
const ANY = { '{objectName}': { ...CONTACTS, url: '/hubs/crm/{objectName}?where=LastModifiedDate>=1' } }
const METADATA = JSON.stringify({
  polling: { Account: { eventTypes: ['created'] }, Contact: { eventTypes: ['created'] } },
  webhook: { Lead: {} },
})

const read = (settings: Record<string, unknown>) =>
  readPollers(
    Object.fromEntries(
      Object.entries(settings).map(([key, value]) => [
        `event.${key}`,
        typeof value === 'string' || value === null ? value : JSON.stringify(value),
      ]),
    ),
  )
const names = (settings: Record<string, unknown>) => read(settings).resources.map(({ name }) => name)

test('an entry with everything left out that may be', () => {
  expect(read({ 'poller.configuration': { contacts: CONTACTS } })).toEqual({
    problems: [],
    resources: [
      {
        name: 'contacts',
        url: CONTACTS.url,
        idField: 'id',
        updated: { field: 'updated', format: 'milliseconds', timezone: '' },
        created: { field: 'created', format: 'yyyy-MM-dd', timezone: 'PST' },
        filterByUpdatedDate: true,
        filterByCurrentDate: false,
        createdToleranceMs: 0,
        pageSize: undefined,
        pollDelayMs: 0,
      },
    ],
  })
})

describe('the configuration comes as an object, as text, as escaped text', () => {
  const text = JSON.stringify({ contacts: CONTACTS })
  for (const [name, value] of [
    ['object', text],
    ['text in text', JSON.stringify(text)],
    ['twice', JSON.stringify(JSON.stringify(text))],
    ['escaped without quotes around', text.replaceAll('"', '\\"')],
  ]) {
    test(`${name}`, () => expect(names({ 'poller.configuration': value })).toEqual(['contacts']))
  }
  for (const [name, value, problems] of [
    ['empty', '{}', []],
    ['nothing', '', []],
    ['null', 'null', []],
    ['absent', null, []],
    ['prose', 'poll the contacts', ['event.poller.configuration: this is no JSON object']],
    ['a list', '[]', ['event.poller.configuration: this is no JSON object']],
  ] as const) {
    test(`${name}: nothing to poll`, () => {
      expect(read({ 'poller.configuration': value })).toEqual({ resources: [], problems })
    })
  }
})

describe('names and places that documents and exports have', () => {
  for (const [settings, expected] of [
    [{ filterByUpdatedDate: false }, { filterByUpdatedDate: false }],
    [{ filterByUpdateDate: 'false' }, { filterByUpdatedDate: false }],
    [{ datesConfiguration: { filterByUpdateDate: 'FALSE' } }, { filterByUpdatedDate: false }],
    [{ filterByCurrentDate: 'true' }, { filterByCurrentDate: true }],
    [{ createdCheckTolerance: '5' }, { createdToleranceMs: 5_000 }],
    [{ datesConfiguration: { createdCheckTolerance: 5 } }, { createdToleranceMs: 5_000 }],
    [{ pageSize: '50' }, { pageSize: 50 }],
    [{ pageSize: 'all' }, { pageSize: undefined }],
    [{ pageSize: 1e9 }, { pageSize: 5_000 }],
    [{ pollDelay: 30 }, { pollDelayMs: 30_000 }],
    [{ pollDelay: -30 }, { pollDelayMs: 0 }],
    [
      { updatedDateTimezone: 'PST', datesConfiguration: { updatedDateField: 'u' } },
      { updated: { field: 'u', format: '', timezone: 'PST' } },
    ],
    [{ datesConfiguration: { updatedDateField: '' } }, { updated: undefined, created: undefined }],
  ] as const) {
    test(JSON.stringify(settings), () => {
      const { resources } = read({ 'poller.configuration': { things: { url: '/things', ...settings } } })
      expect(resources).toEqual([expect.objectContaining(expected)])
    })
  }
})

describe('which resources are polled (spec 40 §7.2, §7.7)', () => {
  const both = { contacts: CONTACTS, leads: CONTACTS }
  for (const [name, settings, expected] of [
    ['the configuration alone means all its keys', { 'poller.configuration': both }, ['contacts', 'leads']],
    ['a subset, one a line', { 'poller.configuration': both, 'poller.urls': 'leads\n' }, ['leads']],
    ['a subset with |', { 'poller.configuration': both, 'poller.urls': 'leads|contacts' }, ['leads', 'contacts']],
    ['a subset of event.objects', { 'poller.configuration': both, objects: 'leads' }, ['leads']],
    [
      'a generic entry once per object',
      { 'poller.configuration': ANY, objects: 'Contact, Account,Contact' },
      ['Contact', 'Account'],
    ],
    [
      'a generic entry beside one of its own',
      { 'poller.configuration': { ...both, ...ANY }, objects: 'leads,Deal' },
      ['leads', 'Deal'],
    ],
    ['no objects, nothing of a generic entry', { 'poller.configuration': ANY }, []],
    [
      'old rows',
      { 'poller.urls': "docs|/hubs/documents/poll?where=d='${gmtDate:yyyy}'\nfolders|/folders||u|yyyy" },
      ['docs', 'folders'],
    ],
    ['old rows instead of the configuration', { 'poller.urls': 'docs|/docs', 'poller.configuration': both }, ['docs']],
    [
      'only what event.metadata offers',
      { 'poller.configuration': ANY, objects: 'Account,Deal', metadata: METADATA },
      ['Account'],
    ],
  ] as const) {
    test(name, () => expect(names(settings)).toEqual(expected))
  }

  test('the name stands in the address', () => {
    expect(read({ 'poller.configuration': ANY, objects: 'Contact' }).resources[0]?.url).toBe(
      '/hubs/crm/Contact?where=LastModifiedDate>=1',
    )
  })

  test('event.metadata may say how to poll', () => {
    const metadata = JSON.stringify({ polling: { '{objectName}': { eventTypes: ['created'], url: '/{objectName}' } } })
    expect(read({ metadata, objects: 'Contact' }).resources).toEqual([expect.objectContaining({ url: '/Contact' })])
  })

  test('what event.metadata offers without saying how needs an entry that does', () => {
    expect(read({ metadata: METADATA, objects: 'Account,Lead' })).toEqual({
      resources: [],
      problems: [
        'Account: event.poller.configuration has no entry for it, nor one for {objectName}',
        'Lead: the element reports no polled events of it (event.metadata)',
      ],
    })
  })

  test('an old row has its dates', () => {
    const { resources } = read({ 'poller.urls': 'docs|/docs|x|u|yyyy-MM-dd|PST|c|milliseconds' })
    expect(resources).toEqual([
      expect.objectContaining({
        idField: 'id',
        updated: { field: 'u', format: 'yyyy-MM-dd', timezone: 'PST' },
        created: { field: 'c', format: 'milliseconds', timezone: '' },
      }),
    ])
  })
})

test('what cannot be polled is told of and stops nobody else', () => {
  const { resources, problems } = read({
    'poller.configuration': { contacts: CONTACTS, leads: {}, deals: 'daily', '../admin': CONTACTS },
  })
  expect(resources.map(({ name }) => name)).toEqual(['contacts'])
  expect(problems).toEqual([
    'leads: "url" is missing',
    'deals: expected an object of settings with a "url"',
    '"../admin": this cannot be the name of a resource',
  ])
  expect(read({ 'poller.configuration': { contacts: CONTACTS }, objects: 'contacts,deals' }).problems).toEqual([
    'deals: event.poller.configuration has no entry for it, nor one for {objectName}',
  ])
  expect(read({ metadata: METADATA }).problems).toEqual(['event.objects names no object to poll'])
})

describe('a date that cannot be read as it is described keeps its resource from being polled', () => {
  const dates = { updatedDateField: 'u', createdDateField: 'c' }
  for (const [datesConfiguration, problem] of [
    [{ ...dates, updatedDateTimezone: 'Denver' }, 'things: "Denver" names no time zone for "u"'],
    [{ ...dates, createdDateTimezone: 'America/Nowhere' }, 'things: "America/Nowhere" names no time zone for "c"'],
    [{ ...dates, updatedDateFormat: 'ISO8601' }, 'things: "ISO8601" is no format of dates for "u"'],
    [{ ...dates, createdDateFormat: 'timestamp' }, 'things: "timestamp" is no format of dates for "c"'],
  ] as const) {
    test(problem, () => {
      expect(read({ 'poller.configuration': { things: { url: '/things', datesConfiguration } } })).toEqual({
        resources: [],
        problems: [expect.stringContaining(problem)],
      })
    })
  }

  test('of a date that is not there, nothing is asked', () => {
    const things = { url: '/things', updatedDateTimezone: ' ', datesConfiguration: { createdDateTimezone: 'Denver' } }
    expect(read({ 'poller.configuration': { things } })).toMatchObject({
      problems: [],
      resources: [{ name: 'things' }],
    })
  })
})

test('an instance polls only so much', () => {
  const many = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`r${at}`, CONTACTS]))
  const { resources, problems } = read({ 'poller.configuration': many })
  expect([resources.length, problems.length]).toEqual([200, 100])
})
