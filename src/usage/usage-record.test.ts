import { describe, expect, test } from 'vitest'
import type { Element, Resource } from '../model/element.ts'
import { newCallFacts } from '../model/exchange.ts'
import { toRecord, type UsageFact } from './usage-record.ts'

const fact = (more: Partial<UsageFact> = {}): UsageFact => ({
  requestId: '5f0c2b7ae4b0a1c3d9e8f712',
  startedAt: Date.parse('2018-06-25T18:32:11.326Z'),
  organizationId: 2,
  accountId: 3,
  userId: 4,
  method: 'GET',
  url: '/elements/api-v2/hubs/crm/contacts/1?where=email=%27ada@example.com%27',
  ip: '127.0.0.1',
  status: 200,
  ms: 648.4,
  operation: 'resources.call',
  call: undefined,
  message: undefined,
  providerMessage: undefined,
  ...more,
})
const resource = (more: Partial<Resource> = {}): Resource => ({
  method: 'GET',
  path: '/hubs/crm/contacts/{id}',
  vendorPath: '/v2/contacts/{id}?api_key=literal',
  ...more,
})
const call = (more: object = {}) => ({
  ...newCallFacts(),
  element: { key: 'base', name: 'Base CRM', hub: 'crm' } as Element,
  instanceId: 7,
  instanceName: 'Mine',
  instanceTags: ['a', 'b'],
  resource: resource(),
  vendorResource: resource(),
  vendorMethod: 'GET',
  vendorMs: 639.2,
  ...more,
})

describe('a call of an instance', () => {
  test('is told with its element, its resource and the vendor’s', () => {
    expect(toRecord(fact({ call: call() }))).toMatchObject({
      traffic_id: '5f0c2b7ae4b0a1c3d9e8f712',
      traffic_date: new Date('2018-06-25T18:32:11.326Z'),
      uri: '/elements/api-v2/hubs/crm/contacts/1',
      process_ms: 648,
      vendor_ms: 639,
      api: 'GET /contacts/{id}',
      element_key: 'base',
      hub: 'crm',
      resource: 'contacts/{id}',
      instance_tags: ['a', 'b'],
      vendor_resource: 'v2/contacts/{id}',
    })
  })

  for (const [name, more, expected] of [
    ['its author named the operation', { resource: resource({ operationId: 'getContact' }) }, { api: 'getContact' }],
    ['an empty name is none', { resource: resource({ operationId: '' }) }, { api: 'GET /contacts/{id}' }],
    ['no resource was found', { resource: undefined }, { api: 'resources.call', resource: null }],
    ['nothing was sent', { vendorResource: undefined, vendorMs: 0 }, { vendor_resource: null, vendor_ms: 0 }],
    [
      'the vendor has the path of the hub',
      { vendorResource: resource({ vendorPath: '' }) },
      { vendor_resource: 'hubs/crm/contacts/{id}' },
    ],
    ['clocks disagree by a hair', { vendorMs: 700 }, { vendor_ms: 648 }],
  ] as const) {
    test(name, () => {
      expect(toRecord(fact({ call: call(more) }))).toMatchObject(expected)
    })
  }
})

describe('what must not be stored', () => {
  const record = toRecord(
    fact({
      url: `/elements/api-v2/x?apiKey=in-the-query#fragment`,
      message: 'Refused: Authorization Bearer abcdefgh12345678',
      providerMessage: '{"error":"no","access_token":"tell-nobody","password":"hunter2!"}',
      call: call({ vendorResource: resource({ vendorPath: '/v2/x?key=in-the-element' }) }),
    }),
  )
  for (const secret of ['in-the-query', 'abcdefgh12345678', 'tell-nobody', 'hunter2!', 'in-the-element']) {
    test(secret, () => {
      expect(JSON.stringify(record)).not.toContain(secret)
    })
  }
})

describe('what a table cannot take', () => {
  test('long texts are cut', () => {
    const long = 'x'.repeat(100_000)
    const record = toRecord(
      fact({ url: `/${long}`, message: long, providerMessage: long, call: call({ instanceName: long }) }),
    )
    expect(record.uri).toHaveLength(2_000)
    expect(record.message).toHaveLength(1_000)
    expect(record.provider_message).toHaveLength(4_000)
    expect(record.instance_name).toHaveLength(200)
  })

  test('of many long tags the first ones are kept', () => {
    const tags = Array.from({ length: 100 }, (_, n) => String(n).padEnd(500, 'x'))
    expect(toRecord(fact({ call: call({ instanceTags: tags }) })).instance_tags).toEqual(tags.slice(0, 4))
  })

  test('NUL and half characters are replaced', () => {
    const record = toRecord(fact({ message: 'a\0b', providerMessage: 'c\ud800d' }))
    expect([record.message, record.provider_message]).toEqual(['a\ufffdb', 'c\ufffdd'])
  })

  test('a cut through a character leaves none in half', () => {
    expect(toRecord(fact({ message: `${'x'.repeat(999)}😀` })).message).toBe(`${'x'.repeat(999)}\ufffd`)
  })
})
