import { expect, test } from 'vitest'
import type { Call } from './call.ts'
import { createRequestLog, type LoggedRequest } from './request-log.ts'

const call = (more: Partial<Call>): Call => {
  const { queryText = '' } = more
  return {
    ...{ method: 'POST', path: '/v1/x', queryText, query: new URLSearchParams(queryText), headers: {}, body: '' },
    ...{ fields: [], uploads: [] },
    ...more,
  }
}

function logged(more: Partial<Call>, secrets?: 'shown'): LoggedRequest | undefined {
  const log = createRequestLog()
  log.add('acme', call(more), 200, new Date(0), undefined)
  return log.read(1, secrets)[0]
}

test('method, path, query and headers as they came', () => {
  expect(
    logged({
      queryText: 'ids=1&ids=2&name=a%20b',
      headers: { accept: 'application/json', 'x-request-id': 'r', host: 'h' },
    }),
  ).toEqual({
    at: '1970-01-01T00:00:00.000Z',
    element: 'acme',
    method: 'POST',
    path: '/v1/x',
    url: '/v1/x?ids=1&ids=2&name=a%20b',
    query: { ids: '2', name: 'a b' },
    headers: { accept: 'application/json', 'x-request-id': 'r', host: 'h' },
    body: '',
    status: 200,
  })
})

for (const [fact, more] of [
  ['query', { queryText: 'apikey=hush&page=1' }],
  ['authorization', { headers: { authorization: 'Bearer hush' } }],
  ['a header by its name', { headers: { 'x-api-token': 'hush', cookie: 'a=hush' } }],
  ['JSON', { body: '{"a":1,"password" : "hush\\"x","b":{"access_token":"hush"}}' }],
  ['a form', { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'client_secret=hush&a=1' }],
  ['XML', { body: '<x><n:ticket>hush</n:ticket><a>1</a></x>' }],
  ['a multipart field', { fields: [['password', 'hush']] as [string, string][] }],
] as const) {
  test(`secrets in ${fact} are masked`, () => {
    const text = JSON.stringify(logged(more as Partial<Call>))
    expect(text).not.toContain('hush')
    expect(text).toContain('********')
  })
  test(`secrets in ${fact} are shown to tests in the process`, () =>
    expect(JSON.stringify(logged(more as Partial<Call>, 'shown'))).toContain('hush'))
}

test('long bodies are only counted', () => {
  expect(logged({ body: 'x'.repeat(65_536) })?.body).toHaveLength(65_536)
  expect(logged({ body: 'x'.repeat(65_537) })?.body).toBe('(65537 characters)')
})

test('the newest are kept, the newest last', () => {
  const log = createRequestLog(3)
  for (const path of ['/1', '/2', '/3', '/4']) log.add('acme', call({ path }), 200, new Date(0), undefined)
  expect(log.read(10).map(({ path }) => path)).toEqual(['/2', '/3', '/4'])
  expect(log.read(1).map(({ path }) => path)).toEqual(['/4'])
})

test('masking takes one walk', () => {
  for (const body of ['"'.repeat(60_000), '"a":"'.repeat(12_000), '<a>'.repeat(20_000), `"${'\\'.repeat(60_000)}`]) {
    const started = performance.now()
    logged({ body })
    expect(performance.now() - started, body.slice(0, 5)).toBeLessThan(2000)
  }
})
