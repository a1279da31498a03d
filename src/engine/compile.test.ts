// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the templates of the element format
import { describe, expect, test } from 'vitest'
import { callOf, elementOf, parameter, resource, row, runCall, vendorUrl } from '../../test/support/engine.ts'
import type { Element, Parameter, Resource } from '../model/element.ts'
import { compile } from './compile.ts'
import { pathBelowHub } from './resource-types.ts'

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
  const plan = compile(elementOf({ resources: [resource('GET', '/x', parts)], ...element }))
  return plan.resources.find('GET', '/x')?.value
}

describe('what this version cannot run is marked, never run half', () => {
  const hook = (type: string) => ({ type, body: 'done()' })
  for (const [name, parts, element, why] of [
    ['a plain resource runs', {}, {}, undefined],
    ['built-in code', { kind: 'java' }, {}, /built-in/],
    ['a formula', { type: 'formulaAsResource' }, {}, /formula/],
    ['SOAP is HTTP with XML', {}, { protocolType: 'soap' }, undefined],
    ['a database', {}, { protocolType: 'jdbc' }, /jdbc/],
    ['OData is plain HTTP', {}, { protocolType: 'odata' }, undefined],
    ['a chain to nowhere', { nextResource: 'GET:/y' }, {}, /GET:\/y/],
    ['an empty chain is none', { nextResource: '' }, {}, undefined],
    ['a hook', { hooks: [hook('preRequest')] }, {}, undefined],
    [
      'a stub of the builder',
      { vendorPath: '', parameters: [parameter('multipart file', 'form file')] },
      {},
      /without a vendor call/,
    ],
    ['an upload with a vendor path', { parameters: [parameter('multipart file', 'form file')] }, {}, undefined],
    ['an unknown origin is left out', { parameters: [parameter('cookie a', 'query a')] }, {}, undefined],
    [
      'names of every object are unknown',
      { parameters: [parameter('constructor a', '__proto__ a'), parameter('__proto__ a', 'query a')] },
      {},
      undefined,
    ],
    ['NO-OP in capitals is known', { parameters: [parameter('query a', 'NO-OP a')] }, {}, undefined],
  ] as [string, Partial<Resource>, Partial<Element>, RegExp | undefined][]) {
    test(name, () => {
      const plan = planOf(parts, element)
      if (why) expect(plan?.notExecutable).toMatch(why)
      else expect(plan?.notExecutable).toBeUndefined()
    })
  }
})

describe('what a hook is handed', () => {
  const variablesOf = (body: string) => planOf({ hooks: [{ type: 'preRequest', body }] }, {})?.hooks.pre[0]?.variables
  test('only what it names', () => {
    expect(variablesOf('done({ request_vendor_path: request_path + configuration["a.b"] })')).toEqual([
      'request_path',
      'request_vendor_path',
      'configuration',
    ])
  })
  for (const body of ['eval("x")', 'arguments[0]', 'new Function("x")', 'request\\u005fbody']) {
    test(`everything, when it may build names: ${body}`, () => {
      expect(variablesOf(body)?.length).toBeGreaterThan(20)
    })
  }
  test('without text there is nothing to run (split exports, spec 11)', () => {
    expect(planOf({ hooks: [{ type: 'preRequest' }, { type: 'postRequest', body: '  ' }] }, {})?.hooks).toEqual({
      pre: [],
      globalPost: undefined,
      resourcePost: undefined,
    })
  })
  test('of the whole element first, and not at deletion (spec 11 §6.5)', () => {
    const hooks = [{ type: 'preRequest', body: 'done()' }]
    const labels = (type: string) => planOf({ type, hooks }, { hooks })?.hooks.pre.map(({ label }) => label)
    expect(labels('api')).toEqual(['preRequest hook of GET /x (of the whole element)', 'preRequest hook of GET /x'])
  })
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
  )
  expect(plan.lifecycle.get('onProvision')?.map(({ label }) => label)).toEqual(['GET /a', 'GET /c'])
  expect(['/a', '/b', '/c', '/d'].filter((path) => plan.resources.find('GET', path))).toEqual(['/b', '/d'])
})

test('declared keys have a value from the start; empty defaults are none', () => {
  const plan = compile(elementOf({ configuration: [row('a', '1'), row('b', ''), row('c')] }))
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
      parameter('query where', 'query converter:toNothing', { converter: 'toNothing' }),
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
