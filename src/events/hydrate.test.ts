import { describe, expect, test } from 'vitest'
import { elementOf } from '../../test/support/engine.ts'
import { compile } from '../engine/compile.ts'
import type { CallPlatform } from '../notifications/context.ts'
import { hydrate, wantsObjects } from './hydrate.ts'

const instance = { id: 7, organizationId: 3, accountId: 12, userId: 77, plan: compile(elementOf()) }
const common = { date: '2026-11-26T03:30:00Z', elementKey: 'acme', hubKey: 'crm' }
const of = (objectType: string, objectId: string, eventType = 'UPDATED') => ({
  ...common,
  eventType,
  objectType,
  objectId,
})

function vendor(answers: Record<string, { status: number; body: string } | Error> = {}) {
  const paths: string[] = []
  const callPlatform: CallPlatform = async (owner, instanceId, { path }) => {
    expect([owner, instanceId]).toEqual([{ organizationId: 3, accountId: 12, userId: 77 }, 7])
    paths.push(path)
    const answer = answers[path] ?? { status: 200, body: JSON.stringify({ id: path.split('/').at(-1) }) }
    if (answer instanceof Error) throw answer
    return answer
  }
  return { paths, callPlatform }
}

describe('an event is told of with its objects', () => {
  test('as polls are', async () => {
    const { paths, callPlatform } = vendor()
    const events = [
      of('contacts', '1'),
      of('contacts', 'a/b'),
      of('contacts', '1', 'CREATED'),
      of('deals', '5', 'CREATED'),
    ]
    expect(await hydrate(callPlatform, instance, { events, raw: { a: 1 } })).toEqual({
      events,
      raw: {
        a: 1,
        contacts: [
          { id: '1', objectId: '1', eventType: 'CREATED' },
          { id: 'a%2Fb', objectId: 'a/b', eventType: 'UPDATED' },
        ],
        deals: [{ id: '5', objectId: '5', eventType: 'CREATED' }],
      },
      problems: [],
    })
    expect(paths).toEqual(['/hubs/crm/contacts/1', '/hubs/crm/contacts/a%2Fb', '/hubs/crm/deals/5'])
  })
  test('but not with what is deleted, what has no name, and what the vendor told already', async () => {
    const { paths, callPlatform } = vendor()
    const events = [
      of('contacts', '1', 'DELETED'),
      { ...common, eventType: 'UNKNOWN' },
      of('deals', '5'),
      of('contacts', ''),
    ]
    expect(await hydrate(callPlatform, instance, { events, raw: { deals: 3 } })).toEqual({
      events,
      raw: { deals: 3 },
      problems: [],
    })
    expect(paths).toEqual([])
  })
  test('and without those that cannot be read', async () => {
    const { callPlatform } = vendor({
      '/hubs/crm/contacts/1': { status: 404, body: '{"message":"no such contact"}' },
      '/hubs/crm/contacts/2': new Error('the hub stops'),
      '/hubs/crm/contacts/3': { status: 200, body: 'no object' },
    })
    const events = ['1', '2', '3', '4'].map((id) => of('contacts', id))
    const { raw, problems } = await hydrate(callPlatform, instance, { events, raw: {} })
    expect(raw).toEqual({ contacts: [{ id: '4', objectId: '4', eventType: 'UPDATED' }] })
    expect(problems).toEqual([
      'contacts 1 could not be read: 404 no such contact',
      'contacts 2 could not be read: the hub stops',
      'contacts 3 could not be read: 200 no object',
    ])
  })
  test('wherever names lead, it is below the hub', async () => {
    const { paths, callPlatform } = vendor()
    const events = [
      of('..', 'users'),
      of('contacts', '..'),
      of('.', '1'),
      of('contacts', '\ud800'),
      of('a/../b', '...'),
    ]
    await hydrate(callPlatform, instance, { events, raw: {} })
    expect(paths).toEqual(['/hubs/crm/contacts/%EF%BF%BD', '/hubs/crm/a%2F..%2Fb/...'])
  })
  test('up to twenty of them', async () => {
    const { paths, callPlatform } = vendor()
    await hydrate(callPlatform, instance, {
      events: Array.from({ length: 50 }, (_, at) => of('contacts', String(at))),
      raw: {},
    })
    expect(paths).toHaveLength(20)
  })
})

for (const [value, expected] of [
  ['true', true],
  [' TRUE ', true],
  ['false', false],
  [null, false],
] as const) {
  test(`event.notification.hydrate ${value}`, () => {
    const state = { id: 7, accountId: 1, configuration: { 'event.notification.hydrate': value }, credentialsVersion: 1 }
    expect(wantsObjects({ state })).toBe(expected)
  })
}
