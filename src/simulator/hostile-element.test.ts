import { describe, expect, test } from 'vitest'
import { testElement, testResource } from '../../test/support/simulator-listener.ts'
import type { Element, Resource } from '../model/element.ts'
import type { Call } from './call.ts'
import { readableElement } from './readable-element.ts'
import { createVendor } from './vendor.ts'

/** The simulator runs inside the hub: an element made to hurt may be answered badly, but never slowly. */
const call = (path: string, more: Partial<Call> = {}): Call => ({
  ...{
    method: 'GET',
    path,
    queryText: '',
    query: new URLSearchParams(),
    headers: {},
    body: '',
    fields: [],
    uploads: [],
  },
  ...more,
})

function answered(element: Partial<Element>, ...calls: Call[]): { ms: number; bytes: number; statuses: number[] } {
  const started = performance.now()
  const made = testElement({
    authentication: { type: 'custom' },
    configure: { 'base.url': 'https://a.test' },
    ...element,
  })
  const vendor = createVendor({
    element: readableElement(made),
    ...{ simulation: {}, seed: 1, now: () => new Date(), consent: 'auto', accessTokenSeconds: undefined },
  })
  const replies = calls.map((one) => vendor.answer(one, undefined))
  const bytes = replies.reduce((sum, { body }) => sum + Buffer.byteLength(body ?? ''), 0)
  return { ms: performance.now() - started, bytes, statuses: replies.map(({ status }) => status) }
}

const many = (count: number, make: (at: number) => Resource) => Array.from({ length: count }, (_, at) => make(at))
const model = (swagger: unknown): Partial<Resource> => ({ model: { name: 'a', swagger: swagger as never } })
const members = (count: number, member: unknown) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`m${at}`, member]))

describe('ends soon, with an answer of bounded size', () => {
  for (const [fact, element, path] of [
    [
      '20,000 resources on one path',
      {
        resources: many(20_000, (at) =>
          testResource('GET', `/r${at}`, '/x', {
            parameters: [{ name: `${at}`, type: 'value', vendorName: 'm', vendorType: 'query' }],
          }),
        ),
      },
      '/x',
    ],
    [
      '20,000 paths with variables',
      { resources: many(20_000, (at) => testResource('GET', `/r${at}`, `/{a}/b${at}/{c}`)) },
      '/1/b2999/3',
    ],
    [
      'a segment of variables',
      { resources: [testResource('GET', '/r', `/${'{a}'.repeat(600)}x`)] },
      `/${'a'.repeat(1900)}`,
    ],
    [
      'a path of 100,000 segments',
      { resources: [testResource('GET', '/r', '/{a}'.repeat(100_000))] },
      '/x'.repeat(5000),
    ],
    [
      'a root of 100,000 steps',
      { resources: [testResource('GET', '/r', '/r', { rootKey: 'a.'.repeat(100_000) })] },
      '/r',
    ],
    [
      'an index far away',
      { resources: [testResource('GET', '/r', '/r', { rootKey: '[999999999].a[99999999]' })] },
      '/r',
    ],
    [
      'definitions in circles',
      {
        resources: [
          testResource(
            'GET',
            '/rs',
            '/rs',
            model({ a: { type: 'array', items: { type: 'b' } }, b: { properties: members(50, { type: 'b' }) } }),
          ),
        ],
      },
      '/rs',
    ],
    [
      '50,000 members',
      {
        resources: [
          testResource(
            'GET',
            '/rs',
            '/rs',
            model({
              a: { type: 'array', items: { type: 'b' } },
              b: { properties: members(50_000, { type: 'string' }) },
            }),
          ),
        ],
      },
      '/rs',
    ],
    [
      '50,000 definitions',
      {
        resources: [
          testResource(
            'GET',
            '/rs',
            '/rs',
            model({
              a: { type: 'm0' },
              ...Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [`m${at}`, { type: `m${at + 1}` }])),
            }),
          ),
        ],
      },
      '/rs',
    ],
    [
      'a sample of 10 MB',
      {
        resources: [
          testResource('GET', '/rs', '/rs', { response: { sampleData: JSON.stringify('x'.repeat(10_000_000)) } }),
        ],
      },
      '/rs',
    ],
    [
      'a deep sample',
      { resources: [testResource('GET', '/rs', '/rs', { response: { sampleData: '['.repeat(90_000) } })] },
      '/rs',
    ],
    [
      'scripts of 5 MB',
      {
        resources: [
          testResource('GET', '/rs', '/rs', {
            hooks: [{ type: 'postRequest', body: 'response_body.a[0].b.c; '.repeat(200_000) }],
          }),
        ],
      },
      '/rs',
    ],
    [
      'a script that reads far',
      {
        resources: [
          testResource('GET', '/rs', '/rs', {
            hooks: [{ type: 'postRequest', body: `x = response_body${'[99999999]'.repeat(200)}` }],
          }),
        ],
      },
      '/rs',
    ],
    [
      'one address text for everything',
      {
        configure: { 'base.url': `https://${'{a}'.repeat(100_000)}.test` },
        resources: [testResource('GET', '/r', `https://${'{a}'.repeat(100_000)}`)],
      },
      '/r',
    ],
  ] as const)
    test(fact, () => {
      const { ms, bytes } = answered(element as never, call(path), call(`${path}/1`), call(path))
      expect(ms).toBeLessThan(4000)
      expect(bytes).toBeLessThan(5_000_000)
    })
})

test('callers that write for long do not fill the memory', () => {
  const resources = [
    testResource('POST', '/r', '/r'),
    testResource('GET', '/r/{id}/b', '/r/{id}/bs'),
    testResource('DELETE', '/r/{id}', '/r/{id}'),
  ]
  const writes = Array.from({ length: 7_000 }, () => call('/r', { method: 'POST', body: '{"a":1}' }))
  const nested = Array.from({ length: 1_500 }, (_, at) => call(`/r/${at}/bs`))
  const { statuses } = answered({ resources }, ...writes, ...nested)
  expect(new Set(statuses)).toEqual(new Set([201, 200]))
})

test('a body that nests too deep is refused, not kept', () => {
  const resources = [testResource('POST', '/r', '/r'), testResource('GET', '/r', '/r')]
  const body = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`
  const post = call('/r', { method: 'POST', body, headers: { 'content-type': 'application/json' } })
  expect(answered({ resources }, post, call('/r')).statuses).toEqual([400, 200])
})

test('members named like prototypes stay members', () => {
  const resources = [
    testResource('GET', '/r', '/r', {
      rootKey: '__proto__.polluted',
      ...model(JSON.parse('{"a":{"properties":{"__proto__":{"enum":[{"polluted":1}]}}}}')),
    }),
    testResource('POST', '/r', '/r'),
    testResource('PATCH', '/r/{id}', '/r/{id}'),
  ]
  const json = { 'content-type': 'application/json' }
  const patch =
    '[{"op":"add","path":"/__proto__/polluted","value":1},{"op":"add","path":"/constructor/prototype/polluted","value":1}]'
  answered(
    { resources },
    call('/r'),
    call('/r', {
      method: 'POST',
      headers: json,
      body: '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
    }),
    call('/r/1', { method: 'PATCH', headers: json, body: patch }),
  )
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
})
