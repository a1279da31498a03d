import { describe, expect, test } from 'vitest'
import { answer, callOf, elementOf, failureOf, parameter, resource, runCall } from '../../../test/support/engine.ts'
import type { Resource } from '../../model/element.ts'

const where = parameter('query where', 'query converter:toQueryParameters')
const element = (list: Partial<Resource> = {}, search: Partial<Resource> = {}) =>
  elementOf({
    resources: [
      resource('GET', '/contacts', {
        rootKey: '|data',
        searchResource: 'GET:/contacts/search',
        parameters: [parameter('query pageSize', 'query limit'), parameter('query nextPage', 'query after')],
        nextPageKey: 'data[last].id',
        hasMoreKey: 'has_more',
        ...list,
      }),
      resource('GET', '/contacts/search', {
        vendorPath: '/search/contacts',
        rootKey: '|results',
        parameters: [where, parameter('query page', 'query page'), parameter('query pageSize', 'query per_page')],
        ...search,
      }),
    ],
  })
const tokenOf = ({ reply }: Awaited<ReturnType<typeof runCall>>) => reply.headers['elements-next-page-token']
const two = [{ id: 1 }, { id: 2 }]

describe('a list that is searched elsewhere', () => {
  test('without a where it is listed', async () => {
    const { requests, reply } = await runCall(element(), callOf('GET /contacts?pageSize=2&where='), [
      answer(200, { data: two, has_more: false }),
    ])
    expect(requests[0]?.url).toBe('https://api.acme.test/v1/contacts?limit=2')
    expect(reply.body).toEqual(two)
  })

  test('with one the other resource answers, envelope, paging and all; the token alone goes on there', async () => {
    const first = await runCall(element(), callOf("GET /contacts?pageSize=2&where=name='Ada'"), [
      answer(200, { results: two }),
    ])
    expect(first.requests[0]?.url).toBe('https://api.acme.test/v1/search/contacts?name=Ada&per_page=2&page=1')
    expect(first.reply.body).toEqual(two)
    const second = await runCall(element(), callOf(`GET /contacts?nextPage=${tokenOf(first)}`), [
      answer(200, { results: [{ id: 3 }] }),
    ])
    expect(second.requests[0]?.url).toBe('https://api.acme.test/v1/search/contacts?name=Ada&per_page=2&page=2')
    expect(tokenOf(second)).toBeUndefined()
  })

  test('the other resource may be called with another verb', async () => {
    const posted = { vendorMethod: 'POST' }
    const { requests } = await runCall(element({}, posted), callOf('GET /contacts?where=a=1'), [
      answer(200, { results: [] }),
    ])
    expect(requests[0]?.method).toBe('POST')
  })

  test('what leads nowhere is no search', async () => {
    const { requests } = await runCall(element({ searchResource: 'GET:/nothing' }), callOf('GET /contacts?where=a=1'), [
      answer(200, { data: [] }),
    ])
    expect(requests[0]?.url).toContain('/v1/contacts')
  })

  test('one that cannot be run is refused', async () => {
    const { error } = await failureOf(runCall(element({}, { kind: 'java' }), callOf('GET /contacts?where=a=1')))
    expect(error.code).toBe('RESOURCE_NOT_EXECUTABLE')
  })
})

describe('a cursor that is there on the last page too', () => {
  for (const [name, body, expected] of [
    ['counts while there is more', { data: two, has_more: true }, true],
    ['does not when nothing follows', { data: two, has_more: false }, false],
    ['nor when nothing is said', { data: two }, false],
    ['nor without a last record', { data: [], has_more: true }, false],
  ] as const) {
    test(name, async () => {
      const run = await runCall(element(), callOf('GET /contacts?pageSize=2'), [answer(200, body)])
      expect(tokenOf(run) !== undefined).toBe(expected)
      if (!expected) return
      const next = await runCall(element(), callOf(`GET /contacts?nextPage=${tokenOf(run)}`), [answer(200, {})])
      expect(next.requests[0]?.url).toBe('https://api.acme.test/v1/contacts?limit=2&after=2')
    })
  }
})
