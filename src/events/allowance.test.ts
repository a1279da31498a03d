import { expect, test } from 'vitest'
import { createAllowance } from './allowance.ts'

test('a burst is used up, and comes back by and by, never more than that', () => {
  let time = 0
  const allowance = createAllowance({ perSecond: 2, burst: 3, now: () => time })
  const take = (times: number) => Array.from({ length: times }, () => allowance.take())
  expect(take(4)).toEqual([true, true, true, false])
  time = 500
  expect(take(2)).toEqual([true, false])
  time = 749
  expect(take(1)).toEqual([false])
  time = 1_000
  expect(take(2)).toEqual([true, false])
  time = 100_000
  expect(take(4)).toEqual([true, true, true, false])
})
