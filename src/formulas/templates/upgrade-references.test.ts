import { describe, expect, test } from 'vitest'
import { createUpgrade, rolledBack } from './upgrade-references.ts'

const edges = { onSuccess: [], onFailure: [] }
const step = (name: string) => ({ id: 1, name, type: 'script', ...edges, properties: {} })
const variable = (key: string) => ({ id: 1, key, name: key, type: 'value', required: true })
const upgrade = createUpgrade({
  configuration: [variable('trigger_instance'), variable('crm.instance.id'), variable('origin'), variable('body')],
  triggers: [],
  steps: ['ten_ids', 'get_contacts', 'looper', 'build-query', '6_score', 'crm'].map(step),
})

describe('references say their root and stand in braces (spec 31 §8)', () => {
  test.each<[object, object]>([
    [{ elementInstanceId: '${trigger_instance}' }, { elementInstanceId: '${config.trigger_instance}' }],
    [{ list: 'ten_ids.ids' }, { list: '${steps.ten_ids.ids}' }],
    [{ list: ' steps.ten_ids.ids ' }, { list: '${steps.ten_ids.ids}' }],
    [{ api: '/x/${get_contacts.response[0].id}' }, { api: '/x/${steps.get_contacts.response[0].id}' }],
    [{ api: '/hubs/crm/contacts/{entry}', path: '${looper}' }, { api: '/hubs/crm/contacts/${steps.looper.entry}' }],
    [
      { api: '/{objectType}/{objectId}', path: 'trigger.event' },
      { api: '/${trigger.event.objectType}/${trigger.event.objectId}' },
    ],
    [{ path: ' ', query: '', api: '/x' }, { api: '/x' }],
    [{ query: '${build-query.query}' }, { query: '${steps.build-query.query}' }],
    [{ elementInstanceId: '${crm.instance.id}' }, { elementInstanceId: '${config.crm.instance.id}' }],
    [{ body: '${crm.other}' }, { body: '${steps.crm.other}' }],
    [{ body: '${event.objectId}' }, { body: '${trigger.event.objectId}' }],
    [{ headers: 'config.origin' }, { headers: '${config.origin}' }],
    [{ args: { a: '${origin}' } }, { args: { a: '${config.origin}' } }],
    // of a stream, and fields of a form
    [{ downloadElementInstanceId: 'origin' }, { downloadElementInstanceId: '${config.origin}' }],
    [{ uploadHeaders: 'ten_ids.headers' }, { uploadHeaders: '${steps.ten_ids.headers}' }],
    [{ form: 'ten_ids.fields' }, { form: '${steps.ten_ids.fields}' }],
    // as they were
    [
      { api: '/x/${steps.a.b}/${config.c}', list: '${ Object.values(steps.a) }' },
      { api: '/x/${steps.a.b}/${config.c}', list: '${ Object.values(steps.a) }' },
    ],
    [
      { body: 'a text. With words', headers: 'nobody.knows' },
      { body: 'a text. With words', headers: 'nobody.knows' },
    ],
    [
      { api: '/contacts/{id}', path: '{"id": 1}' },
      { api: '/contacts/{id}', path: '{"id": 1}' },
    ],
    [
      { api: '/contacts', path: '${looper}' },
      { api: '/contacts', path: '${steps.looper}' },
    ],
    [
      { retryDelay: 500, list: [1] },
      { retryDelay: 500, list: [1] },
    ],
  ])('%j', (properties, expected) => {
    const once = upgrade({ type: 'elementRequest', properties: { ...properties } })
    expect(once).toEqual(expected)
    expect(upgrade({ type: 'elementRequest', properties: once })).toEqual(expected)
  })

  test('scripts stay', () => {
    const properties = { body: 'return `${origin}`' }
    expect(upgrade({ type: 'filter', properties })).toEqual(properties)
  })
})

test('what nobody changed since is as it was, and what somebody did stays', () => {
  const before = {
    type: 'request',
    properties: { api: '/a/{entry}', path: '${looper}', query: '', list: 'ten_ids.ids' },
  }
  const after = { type: 'request', properties: upgrade(before) }
  expect(rolledBack(after, before, upgrade)).toEqual(before.properties)
  const edited = { ...after, properties: { ...after.properties, list: '${steps.other}', method: 'GET' } }
  expect(rolledBack(edited, before, upgrade)).toEqual({ ...before.properties, list: '${steps.other}', method: 'GET' })
})
