// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the templates of the element format
import { describe, expect, test } from 'vitest'
import { callOf, elementOf, parameter, resource, row, runCall, vendorUrl } from '../../test/support/engine.ts'
import type { Element, Parameter, Resource } from '../model/element.ts'
import { compile, pathBelowHub } from './compile.ts'

for (const [path, expected] of [
  ['/hubs/crm/contacts/{id}', '/contacts/{id}'],
  ['/hubs/crm', ''],
  ['/contacts', '/contacts'],
  ['/hubsters/x', '/hubsters/x'],
] as const) {
  test(`${path} is ${expected || 'nothing'} below its hub`, () => {
    expect(pathBelowHub(path)).toBe(expected)
  })
}

function planOf(parts: Partial<Resource>, element: Partial<Element> = {}) {
  const plan = compile(elementOf({ resources: [resource('GET', '/x', parts)], ...element }), '1')
  return plan.resources.find('GET', '/x')?.value
}

describe('what this version cannot run is marked, never run half', () => {
  const hook = (type: string) => ({ type, body: 'done()' })
  const value = (name: string, to: string) => parameter(`value ${name}`, to)
  for (const [name, parts, element, why] of [
    ['a plain resource runs', {}, {}, undefined],
    ['built-in code', { kind: 'java' }, {}, /built-in/],
    ['a formula', { type: 'formulaAsResource' }, {}, /formula/],
    ['SOAP', {}, { protocolType: 'soap' }, /soap/],
    ['a database', {}, { protocolType: 'jdbc' }, /jdbc/],
    ['OData is plain HTTP', {}, { protocolType: 'odata' }, undefined],
    ['a chain', { nextResource: 'GET:/y' }, {}, /chain/],
    ['an empty chain is none', { nextResource: '' }, {}, undefined],
    ['a pre hook', { hooks: [hook('preRequest')] }, {}, /preRequest/],
    ['a post hook', { hooks: [hook('postRequest')] }, {}, /postRequest/],
    ['a hook of the element', {}, { hooks: [hook('postRequest')] }, /postRequest/],
    ['an event hook has nothing to do with calls', {}, { hooks: [hook('event')] }, undefined],
    [
      'a stub of the builder',
      { vendorPath: '', parameters: [parameter('multipart file', 'form file')] },
      {},
      /multipart/,
    ],
    ['a body token', { parameters: [parameter('body body', 'bodyToken body')] }, {}, /bodyToken/],
    ['the result before', { parameters: [parameter('prevBody body', 'body body')] }, {}, /prevBody/],
    ['an unknown origin', { parameters: [parameter('cookie a', 'query a')] }, {}, /cookie/],
    [
      'names of every object are unknown',
      { parameters: [parameter('constructor a', '__proto__ a')] },
      {},
      /constructor/,
    ],
    ['also the other way round', { parameters: [parameter('__proto__ a', 'query a')] }, {}, /__proto__/],
    ['NO-OP in capitals is known', { parameters: [parameter('query a', 'NO-OP a')] }, {}, undefined],
    [
      'a captured response parameter',
      { parameters: [parameter('configuration a', 'bodyField a', { source: 'response' })] },
      {},
      /captured/,
    ],
    ['a multipart body', { parameters: [value('multipart/form-data', 'header Content-Type')] }, {}, /multipart/],
    [
      'a multipart body by the element, JSON by the resource',
      { parameters: [value('application/json', 'header content-type')] },
      { parameters: [value('multipart/form-data', 'header Content-Type')] },
      undefined,
    ],
    [
      'an XML body',
      { parameters: [value('application/xml', 'header Content-Type'), parameter('body body', 'body body')] },
      {},
      /XML/,
    ],
    ['XML without a body', { parameters: [value('application/xml', 'header Content-Type')] }, {}, undefined],
    [
      'a where-text that belongs into a template',
      { parameters: [parameter('query where', 'no-op {where}'), value('select x where {where}', 'query q')] },
      {},
      /token/,
    ],
    ['a where-text without a template', { parameters: [parameter('query where', 'no-op {where}')] }, {}, undefined],
  ] as [string, Partial<Resource>, Partial<Element>, RegExp | undefined][]) {
    test(name, () => {
      const plan = planOf(parts, element)
      if (why) expect(plan?.notExecutable).toMatch(why)
      else expect(plan?.notExecutable).toBeUndefined()
    })
  }
})

test('lifecycle resources are kept apart, in listed order, and are not callable', () => {
  const plan = compile(
    elementOf({
      resources: [
        resource('GET', '/a', { type: 'onProvision' }),
        resource('GET', '/b'),
        resource('GET', '/c', { type: 'onProvision' }),
        resource('GET', '/d', { type: 'apiNoDocumentation' }),
      ],
    }),
    '1',
  )
  expect(plan.lifecycle.get('onProvision')?.map(({ label }) => label)).toEqual(['GET /a', 'GET /c'])
  expect(['/a', '/b', '/c', '/d'].filter((path) => plan.resources.find('GET', path))).toEqual(['/b', '/d'])
})

test('declared keys have a value from the start; empty defaults are none', () => {
  const plan = compile(elementOf({ configuration: [row('a', '1'), row('b', ''), row('c')] }), '1')
  expect(plan.defaults).toEqual({ a: '1', b: null, c: null })
})

describe('element-wide parameters (spec 11 §3.6)', () => {
  const headersOf = async (wide: Parameter[], own: Parameter[]) => {
    const element = elementOf({ parameters: wide, resources: [resource('GET', '/x', { parameters: own })] })
    const { requests } = await runCall(element, callOf('GET /x'), undefined, { configuration: { token: 't1' } })
    return requests[0]?.headers
  }
  for (const [name, wide, own, expected] of [
    ['reach every resource', [parameter('value a/b', 'header Accept')], [], { accept: 'a/b' }],
    [
      'give way to the resource',
      [parameter('value a/b', 'header Accept')],
      [parameter('value c/d', 'header accept')],
      { accept: 'c/d' },
    ],
    [
      'names with a tab at the end are trimmed',
      [parameter('value 1', 'header X-A\t')],
      [parameter('value 2', 'header X-A')],
      { 'x-a': '2' },
    ],
    [
      'swapped notation: name is the header',
      [parameter('header X-Token', 'value ${configuration.token}')],
      [],
      { 'x-token': 't1' },
    ],
    ['a configuration value as header', [parameter('configuration token', 'header X-Token')], [], { 'x-token': 't1' }],
    [
      'another place with the same name stays',
      [parameter('value 1', 'header a')],
      [parameter('value 2', 'query a')],
      { a: '1' },
    ],
  ] as [string, Parameter[], Parameter[], object][]) {
    test(name, async () => {
      expect(await headersOf(wide, own)).toMatchObject(expected)
    })
  }
})

describe('where (spec 21 §2.2)', () => {
  const list = (where: Parameter) => elementOf({ resources: [resource('GET', '/x', { parameters: [where] })] })
  const conditions = "a='1' and b='x y'"
  for (const [name, where, expected] of [
    [
      'conditions become parameters',
      parameter('query where', 'query converter:toQueryParameters', { converter: 'toQueryParameters' }),
      '?a=1&b=x%20y',
    ],
    ['the prefix alone suffices', parameter('query where', 'query converter:toQueryParameters'), '?a=1&b=x%20y'],
    [
      'the member alone suffices',
      parameter('query where', 'query q', { converter: 'toQueryParameters' }),
      '?a=1&b=x%20y',
    ],
    [
      'OData',
      parameter('query where', 'query converter:toODataFilter'),
      `?%24filter=${encodeURIComponent("a eq '1' and b eq 'x y'")}`,
    ],
    [
      'raw text under another name',
      parameter('query where', 'query filter'),
      `?filter=${encodeURIComponent(conditions)}`,
    ],
    [
      'an unknown converter passes the raw text as where',
      parameter('query where', 'query converter:toWiql', { converter: 'toWiql' }),
      `?where=${encodeURIComponent(conditions)}`,
    ],
    [
      'a name of every object is an unknown converter',
      parameter('query where', 'query q', { converter: 'constructor' }),
      `?q=${encodeURIComponent(conditions)}`,
    ],
    [
      'no-op is for hooks only',
      parameter('query where', 'no-op converter:toQueryParameters', { converter: 'toQueryParameters' }),
      '',
    ],
    ['undeclared it is ignored', parameter('query other', 'query other'), ''],
  ] as const) {
    test(name, async () => {
      const url = await vendorUrl(list(where), callOf(`GET /x?where=${encodeURIComponent(conditions)}`))
      expect(url).toBe(`https://api.acme.test/v1/x${expected}`)
    })
  }
})
