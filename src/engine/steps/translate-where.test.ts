import { describe, expect, test } from 'vitest'
import { answer, callOf, elementOf, parameter, resource, runCall } from '../../../test/support/engine.ts'
import type { Parameter } from '../../model/element.ts'

async function sent(parameters: Parameter[], where = "a='x'", vendorMethod = 'POST') {
  const element = elementOf({ resources: [resource('GET', '/x', { vendorMethod, parameters })] })
  const { requests } = await runCall(element, callOf(`GET /x?where=${encodeURIComponent(where)}`))
  return { url: requests[0]?.url, body: requests[0]?.body }
}
const where = (converter: string, to = 'no-op where') => parameter('query where', to, { converter })

describe('a converter whose vendor takes its filter in a body', () => {
  test('fills the token of a template', async () => {
    const template = parameter('value <q>{query}</q>', 'body body')
    expect((await sent([where('toQuickbase', 'query converter:toQuickbase'), template])).body).toBe(
      "<q>{'a'.EX.'x'}</q>",
    )
    const json = parameter('value {"query":"SELECT x WHERE {query}"}', 'body body')
    expect((await sent([where('toWiql'), json])).body).toBe(`{"query":"SELECT x WHERE [a] = 'x'"}`)
  })

  test('makes the body of a POST that has none', async () => {
    const { body } = await sent([where('toSFDCReportFilter')])
    expect(JSON.parse(String(body))).toEqual({
      reportMetadata: { reportFilters: [{ column: 'a', operator: 'equals', value: 'x' }] },
    })
    expect((await sent([where('toWiql')])).body).toBe(`{"query":"SELECT [System.Id] FROM WorkItems WHERE [a] = 'x'"}`)
  })

  test('leaves a body that is there, and a GET without one', async () => {
    expect((await sent([where('toSFDCReportFilter'), parameter('value {"own":1}', 'body body')])).body).toBe(
      '{"own":1}',
    )
    expect((await sent([where('toSFDCReportFilter')], "a='x'", 'GET')).body).toBeUndefined()
  })
})

test('a value cannot end the template that it stands in', async () => {
  const template = parameter('value <q>{query}</q>', 'body body')
  const { body } = await sent([where('toQuickbase', 'query converter:toQuickbase'), template], "a='</q><evil/>&'")
  expect(body).toBe("<q>{'a'.EX.'&lt;/q&gt;&lt;evil/&gt;&amp;'}</q>")
})

describe('a converter that writes one text', () => {
  test('takes the name that the element gives the parameter', async () => {
    expect((await sent([where('toJql', 'query jql')], "a='x'", 'GET')).url).toMatch(/\?jql=%22a%22%20%3D%20%22x%22$/)
    expect((await sent([where('toJql', 'query converter:toJql')], "a='x'", 'GET')).url).toContain('?jql=')
    expect((await sent([where('toZendeskSearch', 'query search')], "a='x'", 'GET')).url).toMatch(/\?search=a%3Ax$/)
  })

  test('fills the token that the element names', async () => {
    const soql = async (converter: string, query: string, text: string) => {
      const parameters = [where(converter, 'no-op {where}'), parameter(`value ${query}`, 'query q')]
      return new URL((await sent(parameters, text, 'GET')).url ?? '').searchParams.get('q')
    }
    const clause = 'SELECT Id FROM Contact {where} LIMIT 5'
    const condition = "SELECT Id FROM Contact WHERE Type = 'x' AND {where}"
    const either = "Name='O''Hara' or Id=1"
    const written = "Name = 'O\\'Hara' OR Id = 1"
    expect(await soql('toSoqlClause', clause, either)).toBe(`SELECT Id FROM Contact WHERE ${written} LIMIT 5`)
    expect(await soql('toSoqlClause', clause, '')).toBe('SELECT Id FROM Contact  LIMIT 5')
    // what the element asks for holds whatever the caller asks for
    expect(await soql('toSoql', condition, either)).toBe(`SELECT Id FROM Contact WHERE Type = 'x' AND (${written})`)
  })

  test('stands before the other members of a search body', async () => {
    const { url, body } = await sent([
      where('toHubSpotSearch', 'query converter:toHubSpotSearch'),
      parameter('value 10', 'bodyField limit', { vendorDataType: 'integer' }),
    ])
    expect(JSON.parse(String(body))).toEqual({
      filterGroups: [{ filters: [{ propertyName: 'a', operator: 'EQ', value: 'x' }] }],
      limit: 10,
    })
    expect(url).not.toContain('?')
  })
})

describe('query parameters, which drop operators', () => {
  const ask = (text: string, headers: Record<string, string>) => {
    const element = elementOf({
      resources: [resource('GET', '/x', { parameters: [where('toQueryParameters', 'query where')] })],
    })
    const call = callOf(`GET /x?where=${encodeURIComponent(text)}`, { headers })
    return runCall(element, call, [answer(200, [{ a: 1 }, { a: 5 }])])
  }
  const PLATFORM = { 'elements-filter': 'platform' }

  test.each<[string, string, Record<string, string>, string, unknown[], string | undefined]>([
    ['unasked they are sent without them', 'a>3', {}, '?a=3', [{ a: 1 }, { a: 5 }], undefined],
    ['who asked for it has them matched here', 'a>3', PLATFORM, '', [{ a: 5 }], 'platform'],
    ['OR as well', "a=5 or a='7'", PLATFORM, '', [{ a: 5 }], 'platform'],
    ['what they can say goes to the vendor', 'a=1 and b=2', PLATFORM, '?a=1&b=2', [{ a: 1 }, { a: 5 }], undefined],
  ])('%s', async (_name, text, headers, search, body, flag) => {
    const { requests, reply } = await ask(text, headers)
    expect(new URL(requests[0]?.url ?? '').search).toBe(search)
    expect(reply.body).toEqual(body)
    expect(reply.headers['elements-filtered']).toBe(flag)
  })
})
