import { expect, test } from 'vitest'
import { parseFields, pickFields } from './pick-fields.ts'

const record = { id: 1, name: 'Ada', address: { city: 'Bonn', zip: '1' }, tags: [{ id: 1, name: 'a' }], gone: null }

for (const [name, fields, expected] of [
  ['named fields only', 'id,name', { id: 1, name: 'Ada' }],
  ['blanks do not count', ' id , name ', { id: 1, name: 'Ada' }],
  ['a nested name', 'address.city', { address: { city: 'Bonn' } }],
  ['two of one object', 'address.city,address.zip', { address: { city: 'Bonn', zip: '1' } }],
  ['a whole object', 'address', { address: { city: 'Bonn', zip: '1' } }],
  ['in lists', 'tags.name', { tags: [{ name: 'a' }] }],
  ['an unknown name is ignored, the id is not added', 'nothing', {}],
  ['below a text is nothing', 'name.first', { name: 'Ada' }],
  ['empty terms are none', 'id,,', { id: 1 }],
  ['names of every object are unknown', 'constructor,__proto__,toString', {}],
] as const) {
  test(name, () => {
    expect(pickFields(record, parseFields(fields))).toEqual(expected)
  })
}

test('a repeated parameter is one list', () => {
  expect(pickFields(record, parseFields(['id', 'name']))).toEqual({ id: 1, name: 'Ada' })
})
