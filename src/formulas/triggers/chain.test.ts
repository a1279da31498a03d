import { expect, test } from 'vitest'
import { assertChain, readChain } from './chain.ts'

test.each([
  ['7', 7],
  ['0', 0],
  [undefined, 0],
  ['-1', 0],
  ['1e9', 0],
  [['7'], 0],
  ['9999999999', 0],
])('header %j says %i', (header, chain) => expect(readChain(header)).toBe(chain))

test('a hundred in a row are the last', () => {
  expect(() => assertChain(100, 'Formula instance 7')).not.toThrow()
  expect(() => assertChain(101, 'Formula instance 7')).toThrow(
    /^Formula instance 7 is started by a formula .* 100 in a row/,
  )
})
