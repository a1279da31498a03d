import { expect, test } from 'vitest'
import type { EffectiveTransformation } from '../model/common-resource.ts'
import { compileMapping } from './compile-mapping.ts'

const transformation: EffectiveTransformation = {
  objectName: 'my-partner',
  vendorName: 'Account',
  isLegacy: false,
  configuration: [],
  fields: [
    { path: 'code', type: 'string', vendorPath: 'AccountNumber', level: 'organization' },
    { path: 'home.town', type: 'string', vendorPath: 'Address.City', level: 'organization' },
  ],
  script: undefined,
}

test('fields are renamed in both directions, unmapped ones stay', () => {
  const mapping = compileMapping(transformation)
  const vendors = { AccountNumber: 'A-1', Address: { City: 'Leeds' }, Rating: 'hot' }
  expect(mapping.fromVendor(vendors)).toEqual({ code: 'A-1', home: { town: 'Leeds' }, Rating: 'hot' })
  expect(mapping.toVendor({ code: 'A-1', home: { town: 'Leeds' } })).toEqual({
    AccountNumber: 'A-1',
    Address: { City: 'Leeds' },
  })
  expect(mapping.vendorAttribute('code')).toBe('AccountNumber')
})
