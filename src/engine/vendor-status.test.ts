import { expect, test } from 'vitest'
import { platformStatus } from './vendor-status.ts'

for (const [vendor, expected] of [
  [200, 200],
  [201, 200],
  [202, 200],
  [204, 200],
  [304, 200],
  [400, 400],
  [401, 401],
  [402, 400],
  [403, 403],
  [404, 404],
  [405, 405],
  [406, 406],
  [409, 409],
  [410, 400],
  [415, 415],
  [422, 400],
  [429, 429],
  [500, 502],
  [501, 502],
  [503, 502],
  [599, 502],
] as const) {
  test(`a vendor's ${vendor} is our ${expected} (spec 00 §4, §7)`, () => {
    expect(platformStatus(vendor)).toBe(expected)
  })
}
