import { describe, expect, test } from 'vitest'
import { entryOf, flagOf, isOn } from './configuration-entries.ts'

describe('a direction of an entry', () => {
  for (const [properties, expected] of [
    [{ fromVendor: true }, true],
    [{ fromVendor: false }, false],
    [{ fromVendor: 'true' }, true],
    [{ fromVendor: 'False' }, false],
    [{ toVendor: true }, undefined],
    [{ fromVendor: null }, undefined],
    [{ fromVendor: 1 }, undefined],
    [{}, undefined],
    [null, undefined],
    [undefined, undefined],
  ] as const) {
    test(`${JSON.stringify(properties)}: ${expected}`, () => {
      expect(flagOf({ type: 'passThrough', properties }, 'fromVendor')).toBe(expected)
    })
  }
})

test('an entry that is absent says nothing', () => {
  expect(flagOf(undefined, 'toVendor')).toBeUndefined()
  expect(isOn(undefined, 'inherit')).toBe(false)
  expect(isOn([{ type: 'addToDocumentation' }], 'inherit')).toBe(false)
  expect(entryOf([{ type: 'a' }, { type: 'a', properties: { x: 1 } }], 'a')?.properties).toStrictEqual({ x: 1 })
})
