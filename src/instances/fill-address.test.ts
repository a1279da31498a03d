import { expect, test } from 'vitest'
import { fillAddress } from './fill-address.ts'

for (const [name, address, values, expected] of [
  ['placeholders by their key', 'https://{site}.v.test/a', { site: 'x' }, 'https://x.v.test/a'],
  ["a tenant's host under its other name", 'https://{site.address}/a', { siteAddress: 'x.test' }, 'https://x.test/a'],
  ['a blank at the end is none', 'https://v.test/authorize ', {}, 'https://v.test/authorize'],
] as const)
  test(name, () => {
    expect(fillAddress(address, values)).toBe(expected)
  })
