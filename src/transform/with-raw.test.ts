import { expect, test } from 'vitest'
import { compileMapping } from './compile-mapping.ts'
import { withRaw } from './with-raw.ts'

const mapping = compileMapping({
  objectName: 'people',
  vendorName: 'contacts',
  isLegacy: false,
  configuration: [{ type: 'passThrough', properties: { fromVendor: false, toVendor: false } }],
  fields: [
    { path: 'name', type: 'string', vendorPath: 'properties.name', level: 'system' },
    { path: 'city', type: 'string', vendorPath: 'properties.place.city', level: 'system' },
  ],
  script: undefined,
})
const vendorRecord = Object.freeze({ properties: { name: 'Ada', height: 170, place: { city: 'Bonn', zip: '1' } } })

test('replies have the whole record when it was asked for', () => {
  expect(withRaw(mapping, { isAsked: true }).fromVendor(vendorRecord)).toEqual({
    name: 'Ada',
    city: 'Bonn',
    raw: vendorRecord,
  })
  expect(withRaw(mapping, { isAsked: false }).fromVendor(vendorRecord)).toEqual({ name: 'Ada', city: 'Bonn' })
})

test('what is mapped is laid over what is sent as raw', () => {
  const raw = { properties: { name: 'Bob', height: 170, place: { zip: '1' } }, tags: ['a'] }
  for (const isAsked of [true, false]) {
    expect(withRaw(mapping, { isAsked }).toVendor({ name: 'Ada', city: 'Bonn', raw })).toEqual({
      properties: { name: 'Ada', height: 170, place: { city: 'Bonn', zip: '1' } },
      tags: ['a'],
    })
  }
  expect(raw.properties.name).toBe('Bob')
})

test.each([[{ name: 'Ada' }], [{ name: 'Ada', raw: 'text' }], [{ name: 'Ada', raw: null }]])(
  '%j has no raw',
  (record) => {
    expect(withRaw(mapping, { isAsked: true }).toVendor(record)).toEqual({ properties: { name: 'Ada' } })
  },
)

test('no name reaches a prototype', () => {
  const sent = withRaw(mapping, { isAsked: true }).toVendor(JSON.parse('{"name":"A","raw":{"__proto__":{"x":1}}}'))
  expect(Object.getPrototypeOf(sent)).toBe(Object.prototype)
  expect(({} as Record<string, unknown>)['x']).toBeUndefined()
})

test.each([['text'], [null], [[1]]])('%j comes back as it is', (record) => {
  const raw = withRaw(mapping, { isAsked: true })
  expect([raw.fromVendor(record), raw.toVendor(record)]).toEqual([record, record])
})
