import { expect, test } from 'vitest'
import { resolveTransformation } from './resolve-levels.ts'

test('nothing said anywhere is no transformation', () => {
  expect(resolveTransformation('my-partner', [])).toBeUndefined()
})

test('the narrower level replaces the wider one', () => {
  const field = { path: 'code', type: 'string', level: 'account' } as const
  const effective = resolveTransformation('my-partner', [
    { level: 'account', configuration: [], fields: [{ ...field, vendorPath: 'B' }] },
    { level: 'organization', vendorName: 'Account', configuration: [], fields: [{ ...field, vendorPath: 'A' }] },
  ])
  expect(effective).toMatchObject({ vendorName: 'Account', fields: [{ vendorPath: 'B' }] })
  expect(effective?.fields).toHaveLength(1)
})
