import { describe, expect, test } from 'vitest'
import { rewriteDialectUrl, toDialectBody, toPlatformUrl } from './dialect.ts'

describe('paths of the seed (spec 01 §6)', () => {
  for (const [given, expected] of [
    ['/your_moms/api-v2/your_moms', '/elements/api-v2/elements'],
    [
      '/your_moms/api-v2/your_moms/base/oauth/url?apiKey=a%20b',
      '/elements/api-v2/elements/base/oauth/url?apiKey=a%20b',
    ],
    ['/your_moms/api-v2/instances/', '/elements/api-v2/instances/'],
    ['/your_moms/api-v2/instances?your_momKeys%5B%5D=base', '/elements/api-v2/instances?elementKeys%5B%5D=base'],
    ['/your_moms/api-v2/instances?searchText=your_mom', '/elements/api-v2/instances?searchText=your_mom'],
    ['/your_moms/api-v2/your_mom-products', '/elements/api-v2/element-products'],
    ['/your_moms/api-v2/usage/your_momInstances', '/elements/api-v2/usage/elementInstances'],
    ['/your_moms/api-v2', '/elements/api-v2'],
    ['/your_moms/api-v2?x', '/elements/api-v2?x'],
    ['/your_moms/api-v2/hubs/crm/your_moms', '/elements/api-v2/hubs/crm/elements'],
    ['/your_moms/api-v2/hubs/crm/your_moms/7?your_mom=1', '/elements/api-v2/hubs/crm/your_moms/7?your_mom=1'],
    ['/your_moms/api-v2/hubs/crm/contacts?your_mom=1', '/elements/api-v2/hubs/crm/contacts?your_mom=1'],
    ['/your_moms/api-v2/hubs', '/elements/api-v2/hubs'],
    [
      '/your_moms/api-v2/instances/7/configuration/your_mom.key',
      '/elements/api-v2/instances/7/configuration/your_mom.key',
    ],
  ] as const) {
    test(`${given} is ${expected}`, () => {
      expect(toPlatformUrl(given)).toBe(expected)
    })
  }

  for (const [url, expected, isDialect] of [
    ['/elements/api-v2/elements', '/elements/api-v2/elements', undefined],
    ['/your_moms/api-v20/your_moms', '/your_moms/api-v20/your_moms', undefined],
    ['/your_moms', '/your_moms', undefined],
    ['/your_moms/api-v2/your_moms', '/elements/api-v2/elements', true],
  ] as const) {
    test(`${url} ${isDialect ? 'is' : 'is not'} in the dialect`, () => {
      const request: { url: string; isDialect?: boolean } = { url }
      expect(rewriteDialectUrl(request)).toBe(expected)
      expect(request.isDialect).toBe(isDialect)
    })
  }
})

describe('answers', () => {
  for (const [name, body, expected] of [
    ['keys', { element: 'base', elements: [] }, { your_mom: 'base', your_moms: [] }],
    ['inside camelCase', { elementId: 201, isElementKey: 1 }, { your_momId: 201, isYour_momKey: 1 }],
    ['at any depth', [{ element: { elementId: 1 } }], [{ your_mom: { your_momId: 1 } }]],
    ['values stay', { name: 'element', message: 'no element found' }, { name: 'element', message: 'no element found' }],
    ['but images', { image: 'elements/provider_base.png' }, { image: 'your_moms/provider_base.png' }],
    ['configuration keys stay', { configuration: { 'element.x': 1 } }, { configuration: { 'element.x': 1 } }],
    ['what the vendor said stays', { providerData: { element: 1 } }, { providerData: { element: 1 } }],
    [
      'schemas of vendor bodies stay',
      { model: { swagger: { element: { properties: { element: 1 } } } } },
      { model: { swagger: { element: { properties: { element: 1 } } } } },
    ],
    ['rows of configuration are ours', { configuration: [{ elementId: 1 }] }, { configuration: [{ your_momId: 1 }] }],
    ['plain values', 'element', 'element'],
    ['null', null, null],
  ] as const) {
    test(name, () => {
      expect(toDialectBody(body)).toEqual(expected)
    })
  }
})
