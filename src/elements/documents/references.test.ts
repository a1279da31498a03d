import { describe, expect, test } from 'vitest'
import { addFields, objectOf } from './add-properties.ts'
import { referenceTo } from './clean-schema.ts'
import { atOnce } from './in-slices.ts'
import { withoutExtensions, withReferencesResolved } from './references.ts'
import type { Api, JsonSchema } from './swagger.ts'

const apiWith = (definitions: Record<string, JsonSchema>, ...used: string[]): Api => {
  const schemas = used.map((name) => ({ description: '', schema: referenceTo(name) }))
  const operation = { operationId: 'a', tags: [], parameters: [], responses: Object.fromEntries(schemas.entries()) }
  return { info: {}, tags: [], paths: { '/a': { get: operation } }, definitions, repairs: [] }
}
const holds = (...names: string[]): JsonSchema => ({
  type: 'object',
  properties: Object.fromEntries(names.map((name) => [name, referenceTo(name)])),
})
const plain: JsonSchema = { type: 'object', properties: {} }

const resolved = (api: Api) => atOnce(withReferencesResolved(api))

describe('references written out (spec 23 §A6)', () => {
  test('what only others refer to is gone', () => {
    const { definitions } = resolved(apiWith({ a: holds('b'), b: holds('c'), c: plain, d: holds('c') }, 'a'))
    expect(definitions).toEqual({
      a: { type: 'object', properties: { b: { type: 'object', properties: { c: plain } } } },
      d: { type: 'object', properties: { c: plain } },
    })
  })

  test('a circle stays a reference to what is still there', () => {
    const { definitions } = resolved(apiWith({ a: holds('b'), b: holds('a') }, 'a'))
    expect(Object.keys(definitions)).toContain('a')
    expect(JSON.stringify(definitions['a'])).toContain('#/definitions/a')
  })

  test('what is long and referred to often is written out only so often', () => {
    const names = Array.from({ length: 3_000 }, (_, at) => `m${at}`)
    const properties = Object.fromEntries(names.map((name) => [name, referenceTo('long')]))
    const long = { type: 'string', description: 'd'.repeat(300_000) }
    const { definitions } = resolved(apiWith({ a: { type: 'object', properties }, long }, 'a'))
    expect(JSON.stringify(definitions).length).toBeLessThan(10_000_000)
    expect(definitions['long']).toEqual(long)
  })

  test('what doubles with every step comes to an end', () => {
    const names = Array.from({ length: 40 }, (_, at) => `d${at}`)
    const twice = names.map((name, at): [string, JsonSchema] => {
      const next = names[at + 1]
      return [
        name,
        next === undefined ? plain : { type: 'object', properties: { l: referenceTo(next), r: referenceTo(next) } },
      ]
    })
    const { definitions } = resolved(apiWith(Object.fromEntries(twice), 'd0'))
    const text = JSON.stringify(definitions)
    expect(text.length).toBeLessThan(20_000_000)
    for (const [, name = ''] of text.matchAll(/#\/definitions\/(\w+)/g)) expect(definitions).toHaveProperty(name)
  })
})

test('without extensions; properties whose names look like one stay', () => {
  const schema = { type: 'object', 'x-mask': 'm', properties: { 'x-y': { type: 'string', 'x-samplevalue': 1 } } }
  expect(withoutExtensions(schema)).toEqual({ type: 'object', properties: { 'x-y': { type: 'string' } } })
})

describe('fields that only the instance has', () => {
  test('a plain one is a property, one of an object a definition of its own', () => {
    const fields = [
      { path: 'custom_email', type: 'string', more: { 'x-displayName': 'E-mail' } },
      { path: 'customobject.name', type: 'string' },
      { path: 'rows[*].id', type: 'integer' },
    ]
    const known = { contacts: { type: 'object', properties: { id: { type: 'string' } } } }
    expect(addFields(known, 'contacts', fields)).toEqual({
      contacts: {
        type: 'object',
        properties: {
          id: { type: 'string' },
          custom_email: { type: 'string', 'x-displayName': 'E-mail' },
          customobject: { $ref: '#/definitions/customobject' },
          rows: { type: 'array', items: { $ref: '#/definitions/rows' } },
        },
      },
      customobject: { type: 'object', properties: { name: { type: 'string' } } },
      rows: { type: 'object', properties: { id: { type: 'integer' } } },
    })
  })

  test('one of an object that the model knows is added to it', () => {
    const known = { contacts: holds('address'), address: { type: 'object', properties: { city: { type: 'string' } } } }
    expect(addFields(known, 'contacts', [{ path: 'address.zone' }])['address']).toEqual({
      type: 'object',
      properties: { city: { type: 'string' }, zone: { type: 'string' } },
    })
  })

  test('names that every object has, and paths without an end', () => {
    expect(Object.keys(objectOf([{ path: '__proto__.a' }])['properties'] as object)).toEqual(['__proto__'])
    expect(JSON.stringify(objectOf([{ path: 'a.'.repeat(100_000) }])).length).toBeLessThan(5_000)
  })
})
