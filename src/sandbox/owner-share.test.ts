import { expect, test } from 'vitest'
import { mayRunMore } from './owner-share.ts'

const calm = { running: 1, total: 1, holdsLong: false, depth: 0, idle: 1, taken: 1, most: 16 }

test.each([
  ['a second script starts while there is room', {}, true],
  ['a fourth too', { running: 3, total: 3, taken: 3 }, true],
  ['a fifth waits', { running: 4, total: 4, taken: 4 }, false],
  ['who holds a runner for long leaves the last free one to others', { holdsLong: true }, false],
  ['and takes one more when there are two', { holdsLong: true, idle: 2 }, true],
  ['when half of all are taken, a second one waits', { taken: 8, idle: 3 }, false],
  ['a first one starts even then', { running: 0, total: 0, taken: 12 }, true],
  ['but leaves some to scripts that others wait for', { running: 0, total: 0, taken: 13 }, false],
  ['which may have those', { running: 0, taken: 13, depth: 1 }, true],
  ['and leave some to the next', { running: 0, taken: 14, depth: 1 }, false],
  ['a second one at a depth waits where the account has its share', { total: 4, taken: 4, depth: 1 }, false],
  ['but a first one at a depth starts', { running: 0, total: 4, taken: 4, depth: 1 }, true],
  ['until few are left for others', { running: 0, total: 11, taken: 11, depth: 9 }, false],
  ['the deepest takes the last', { running: 0, taken: 15, depth: 3 }, true],
])('%s', (_name, change, expected) => {
  expect(mayRunMore({ ...calm, ...change })).toBe(expected)
})
