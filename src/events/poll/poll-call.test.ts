// biome-ignore-all lint/suspicious/noTemplateCurlyInString: tokens of poll addresses
import { describe, expect, test } from 'vitest'
import type { Element } from '../../model/element.ts'
import { pollCall } from './poll-call.ts'
import { readPolledResource } from './polled-resource.ts'

const element = { configuration: [{ key: 'pin', type: 'PASSWORD' }] } as unknown as Element
const configuration = { 'list.id': 'a/b', pin: '1234', empty: '', calendarId: 'main calendar' }
const times = { since: Date.parse('2024-07-15T18:05:09Z'), now: 0 }

const callOf = (url: string, more: object = {}) => {
  const resource = readPolledResource('things', { url, datesConfiguration: { updatedDateField: 'updated' }, ...more })
  if (typeof resource === 'string') throw new Error(resource)
  return pollCall(resource, times, { element, configuration })
}

describe('an address becomes a call', () => {
  for (const [url, path, query] of [
    [
      "/hubs/crm/contacts?where=updated>='${gmtDate:yyyy-MM-dd'T'HH:mm:ss'Z'}'",
      '/contacts',
      { where: "updated>='2024-07-15T18:05:09Z'" },
    ],
    ['/contacts?where=a>${epoch:s}&fields=id', '/contacts', { where: 'a>1721066709', fields: 'id' }],
    [
      "/elements/api-v2/hubs/crm/contacts?where=d>'${gmtDate:yyyy-MM-dd'T'HH:mm:ssZ}'",
      '/contacts',
      { where: "d>'2024-07-15T18:05:09+0000'" },
    ],
    ['https://api.example.com/elements/api-v2/hubs/crm/a', '/a', {}],
    [
      "/hubs/crm/my things?where=name='R&D' and x='1'&page=1",
      '/my%20things',
      { where: "name='R&D' and x='1'", page: '1' },
    ],
    [
      '/hubs/crm/my%20things?where=updated%3E%27${gmtDate:yyyy}%27',
      '/my%20things',
      { where: "updated>'${gmtDate:yyyy}'".replace('${gmtDate:yyyy}', '2024') },
    ],
    ["/a?where=name LIKE 'x%25y%'", '/a', { where: "name LIKE 'x%25y%'" }],
    ['/a?tag=1&tag=2&empty=', '/a', { tag: ['1', '2'], empty: '' }],
    ['/calendars/{calendarId}/events', '/calendars/main%20calendar/events', {}],
    ['/a?list={list.id}', '/a', { list: 'a/b' }],
    ['/a?list=${list.id}', '/a', { list: 'a/b' }],
    ['contacts', '/contacts', {}],
    ['/events/poll/documents', '/events/poll/documents', {}],
    ['/ünïcode', '/%C3%BCn%C3%AFcode', {}],
  ] as const) {
    test(url, () => expect(callOf(url)).toMatchObject({ path, query, problems: [] }))
  }

  test('the page size of the settings, when the address has none', () => {
    expect(callOf('/a', { pageSize: 50 })).toMatchObject({ query: { pageSize: '50' } })
    expect(callOf('/a?pageSize=20', { pageSize: 50 })).toMatchObject({ query: { pageSize: '20' } })
  })
})

describe('names that stand for nothing stop the resource', () => {
  for (const [url, named] of [
    ['/lists/{id}/members', '{id}'],
    ['/lists/{updateKey}', '{updateKey}'],
    ['/lists/{empty}', '{empty}'],
    ['/a?x=${list}', '${list}'],
    ['/a?pin={pin}', '{pin}'],
    ['/a?x={constructor}', '{constructor}'],
  ] as const) {
    test(url, () => expect(callOf(url)).toContain(`${named} in its url stands for no value`))
  }
})

test('a token without its end stays, and is told', () => {
  expect(callOf("/a?where=x>'$yyyy-MM-dd}'")).toMatchObject({
    query: { where: "x>'$yyyy-MM-dd}'" },
    problems: [expect.stringMatching(/^things: .*a "\{" is missing$/)],
  })
})

describe('newest first is what the address says', () => {
  for (const [url, expected] of [
    ['/a?orderBy=updated desc', true],
    ['/a?orderBy=updated DESC,id', true],
    ['/a?orderBy=!updated', true],
    ['/a?sort=-updated', true],
    ['/a?sort=-updated_by', false],
    ['/a?orderBy=updated', false],
    ['/a?orderBy=name desc, updated desc', false],
    ['/a?orderBy=created desc', false],
    ['/a?where=updated desc', false],
  ] as const) {
    test(url, () => expect(callOf(url)).toMatchObject({ isNewestFirst: expected }))
  }

  for (const [url, expected] of [
    ['/a?orderBy=created desc', true],
    ['/a?orderBy=updated desc', false],
  ] as const) {
    test(`${url}, where the created date says what is new`, () => {
      const datesConfiguration = { updatedDateField: 'updated', createdDateField: 'created' }
      expect(callOf(url, { datesConfiguration, filterByUpdatedDate: false })).toMatchObject({ isNewestFirst: expected })
    })
  }
})
