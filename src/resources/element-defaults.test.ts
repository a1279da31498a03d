import { describe, expect, test } from 'vitest'
import type { Element } from '../model/element.ts'
import { defaultTransformations } from './element-defaults.ts'
import { showElementDefault } from './show-element-default.ts'

function read(members: Record<string, unknown>) {
  return Object.fromEntries(defaultTransformations({ id: 1, key: 'acme', ...members } as unknown as Element))
}
const field = (path: string, more: object = {}) => ({ path, type: 'string', level: 'system', ...more })
const empty = { level: 'system', configuration: [], fields: [] }

describe('default transformations of an element', () => {
  test('are a list, or an object by their names', () => {
    const people = { vendorName: 'Contact', fields: [{ path: 'mail', vendorPath: 'Email', type: 'string' }] }
    const expected = {
      people: {
        ...empty,
        vendorName: 'Contact',
        fields: [field('mail', { vendorPath: 'Email' })],
      },
    }
    expect(read({ defaultTransformations: [{ objectName: 'people', ...people }] })).toEqual(expected)
    expect(read({ defaultTransformations: [{ name: 'people', ...people }] })).toEqual(expected)
    expect(read({ defaultTransformations: { people } })).toEqual(expected)
    expect(read({ transformations: { people } })).toEqual(expected)
    expect(read({ transformations: [{ objectName: 'people', ...people }] })).toEqual(expected)
  })

  test('of both members count, that of `transformations` where both have the name', () => {
    const members = {
      defaultTransformations: [
        { objectName: 'a', vendorName: 'A' },
        { objectName: 'b', vendorName: 'B' },
      ],
      transformations: { b: { vendorName: 'C' } },
    }
    expect(Object.values(read(members)).map(({ vendorName }) => vendorName)).toEqual(['A', 'C'])
  })

  test('are of the element, whatever level and owner an export names', () => {
    const exported = {
      people: {
        id: 7,
        level: 'account',
        accountId: 3,
        isLegacy: true,
        configuration: [{ type: 'passThrough', level: 'account', associatedId: 3, properties: { fromVendor: false } }],
        fields: [
          { id: 9, path: 'on', type: 'date', vendorPath: 'On', vendorType: 'date', level: 'instance', associatedId: 5 },
          {
            path: 'kind',
            vendorPath: 'Kind',
            configuration: [{ type: 'defaultValue', properties: { toVendor: 'x' } }],
          },
        ],
        scripts: [{ body: 'done(1)', level: 'account', associatedId: 3, filterEmptyResponse: true }],
      },
    }
    expect(read({ transformations: exported })['people']).toEqual({
      level: 'system',
      isLegacy: true,
      configuration: [{ type: 'passThrough', level: 'system', properties: { fromVendor: false } }],
      fields: [
        { path: 'on', type: 'date', vendorPath: 'On', vendorType: 'date', level: 'system' },
        field('kind', {
          vendorPath: 'Kind',
          configuration: [{ type: 'defaultValue', properties: { toVendor: 'x' } }],
        }),
      ],
      script: { body: 'done(1)', level: 'system', mimeType: 'application/javascript', filterEmptyResponse: true },
    })
  })

  test('what is none is left out', () => {
    for (const value of [undefined, null, 'x', 7, [], {}, [null, 'x', {}, { objectName: '' }], { people: 7 }]) {
      expect(read({ defaultTransformations: value, transformations: value })).toEqual({})
    }
    for (const people of [{ fields: [null] }, { fields: [{}] }, { configuration: 'x' }, { script: 7 }]) {
      expect(read({ transformations: { people, places: {} } })).toEqual({ places: empty })
    }
  })

  test('names that every object has are names', () => {
    const members = JSON.parse('{"transformations":{"__proto__":{"vendorName":"A"},"constructor":{"vendorName":"B"}}}')
    const found = defaultTransformations({ id: 1, key: 'acme', ...members } as unknown as Element)
    expect([...found.keys()]).toEqual(['__proto__', 'constructor'])
    expect(found.get('toString')).toBeUndefined()
  })

  test('are shown with their element and every member that readers rely on', () => {
    const element = { id: 1, key: 'acme', transformations: { people: {} } } as unknown as Element
    const [people] = defaultTransformations(element).values()
    expect(people && showElementDefault(element, 'people', people)).toEqual({
      level: 'system',
      elementId: 1,
      elementKey: 'acme',
      objectName: 'people',
      isLegacy: false,
      configuration: [],
      fields: [],
    })
  })
})
