import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ConfigurationEntry, EffectiveTransformation, MappedField } from '../model/common-resource.ts'
import { isObject } from '../model/is-object.ts'
import { compileMapping } from './compile-mapping.ts'

const NAMES = ['a', 'b', 'c.d', 'constructor', '__proto__', 'length', 'é 名', '', 'toString']

const step = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...NAMES) },
  { weight: 2, arbitrary: fc.constantFrom('a[*]', 'b[*]', 'a[*][*]') },
  { weight: 1, arbitrary: fc.constantFrom('a[0]', 'b[2]', 'a[id=4]', 'a[?(@.b==2)]', 'a[999999999]', 'b[?(@.a.b>1)]') },
)
const path = fc.oneof(
  { weight: 8, arbitrary: fc.array(step, { minLength: 1, maxLength: 4 }).map((steps) => steps.join('.')) },
  { weight: 1, arbitrary: fc.constantFrom('a[*].size()', 'b.size()', 'a[', '[*]', '[*].a', ']', "a['b.c']") },
  { weight: 1, arbitrary: fc.string() },
)
const type = fc.constantFrom(
  ...[
    'string',
    'number',
    'boolean',
    'date',
    'array',
    'array[number]',
    'self',
    'array[self]',
    'yyyy-MM-dd',
    'milliseconds',
    '?',
  ],
)
const entry: fc.Arbitrary<ConfigurationEntry> = fc.record({
  type: fc.constantFrom('remove', 'passThrough', 'defaultValue', 'transformDate', 'odd'),
  properties: fc.oneof(
    fc.record({ fromVendor: fc.jsonValue(), toVendor: fc.jsonValue() }),
    fc.record({ fromVendor: fc.boolean(), toVendor: fc.boolean() }),
    fc.record({ pattern: fc.constantFrom('yyyy', 'milliseconds', 'odd'), vendorPattern: fc.string() }),
    fc.constant(null),
  ),
})
const field: fc.Arbitrary<MappedField> = fc.record({
  path,
  vendorPath: fc.option(path, { nil: undefined }),
  type,
  vendorType: fc.option(type, { nil: undefined }),
  level: fc.constant('account' as const),
  configuration: fc.array(entry, { maxLength: 2 }),
})
const transformation: fc.Arbitrary<EffectiveTransformation> = fc.record({
  objectName: fc.constant('x'),
  vendorName: fc.constant('X'),
  isLegacy: fc.constant(false),
  configuration: fc.array(entry, { maxLength: 1 }),
  fields: fc.array(field, { maxLength: 6 }),
  script: fc.constant(undefined),
})
/** JSON with the names that the paths have, so that they meet. */
const { json: record } = fc.letrec((tie) => ({
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, 0, 1, 4, '2020-05-06', '7', 'text', ''),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...NAMES, 'id'), tie('json'), { maxKeys: 4 }),
  ),
}))

function frozen<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) frozen(member)
    Object.freeze(value)
  }
  return value
}

test('no transformation throws on any JSON, changes what it is given, or touches a prototype', () => {
  fc.assert(
    fc.property(transformation, fc.oneof(record, fc.jsonValue()), fc.boolean(), (effective, given, keepsNulls) => {
      const mapping = compileMapping(frozen(effective), () => compileMapping(effective))
      const input = frozen(JSON.parse(JSON.stringify(given)))
      const before = JSON.stringify(input)
      for (const result of [mapping.fromVendor(input, keepsNulls), mapping.toVendor(input, keepsNulls)]) {
        const text = JSON.stringify(result)
        expect(isObject(result)).toBe(isObject(input))
        expect(text.length).toBeLessThan(100_000)
        expect(JSON.stringify(JSON.parse(text))).toBe(text)
      }
      expect(JSON.stringify(input)).toBe(before)
      expect(Object.keys(Object.prototype)).toStrictEqual([])
    }),
    { numRuns: 3_000 },
  )
})

test('names translate whatever they are', () => {
  fc.assert(
    fc.property(transformation, path, fc.string(), (effective, name, text) => {
      const mapping = compileMapping(effective)
      expect(mapping.vendorAttribute(name)).toBeTypeOf('string')
      expect(mapping.vendorValue(name, text)).toBeTypeOf('string')
    }),
  )
})

const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean())
const plainName = fc.stringMatching(/^[a-z][a-z0-9_ $:-]{0,8}$/)
/** A place nobody else is in: each path starts with a name of its own. */
const places = fc
  .uniqueArray(plainName, { minLength: 1, maxLength: 6 })
  .chain((names) =>
    fc.tuple(
      ...names.map((name) =>
        fc.array(plainName, { maxLength: 3 }).map((more) => [name.trim(), ...more.map((n) => n.trim())]),
      ),
    ),
  )

test('renamed fields come back as they were', () => {
  fc.assert(
    fc.property(
      places,
      places,
      fc.array(leaf, { minLength: 6, maxLength: 6 }),
      fc.boolean(),
      (left, right, values, keeps) => {
        const fields = left.slice(0, right.length).map((names, at) => ({
          path: names.join('.'),
          vendorPath: (right[at] as string[]).join('.'),
          type: 'as it comes',
          level: 'account' as const,
        }))
        const properties = { fromVendor: keeps, toVendor: keeps }
        const mapping = compileMapping({
          objectName: 'x',
          vendorName: 'X',
          isLegacy: false,
          configuration: [{ type: 'passThrough', properties }],
          fields,
          script: undefined,
        })
        fc.pre(new Set(left.map(([first]) => first)).size === left.length)
        fc.pre(new Set(right.map(([first]) => first)).size === right.length)
        const common = {}
        for (const [at, { path }] of fields.entries()) put(common, path.split('.'), values[at])
        expect(mapping.fromVendor(mapping.toVendor(common))).toStrictEqual(common)
      },
    ),
    { numRuns: 500 },
  )
})

test('zipped lists come back as they were', () => {
  const element = fc.record(
    { x: leaf, y: fc.record({ z: leaf }, { noNullPrototype: true }) },
    { requiredKeys: [], noNullPrototype: true },
  )
  fc.assert(
    fc.property(fc.array(element, { maxLength: 5 }), (rows) => {
      const level = 'account' as const
      const mapping = compileMapping({
        objectName: 'x',
        vendorName: 'X',
        isLegacy: false,
        configuration: [{ type: 'passThrough', properties: { fromVendor: false, toVendor: false } }],
        fields: [
          { path: 'rows[*].x', vendorPath: 'Deep.Rows[*].In.X', type: '?', level },
          { path: 'rows[*].y.z', vendorPath: 'Deep.Rows[*].Z', type: '?', level },
        ],
        script: undefined,
      })
      const expected = {
        rows: rows.map(({ x, y }) => ({ ...(x !== undefined && { x }), ...(y?.z !== undefined && { y }) })),
      }
      expect(mapping.fromVendor(mapping.toVendor({ rows }))).toStrictEqual(expected)
    }),
  )
})

function put(record: Record<string, unknown>, [name, ...rest]: string[], value: unknown): void {
  if (name === undefined) return
  if (rest.length === 0) {
    record[name] = value
    return
  }
  const inner = {}
  record[name] = inner
  put(inner, rest, value)
}
