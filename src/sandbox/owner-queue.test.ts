import { expect, test } from 'vitest'
import { createOwnerQueue } from './owner-queue.ts'

const limits = { waitingPerOwner: 3, waitingCharsPerOwner: 100 }
const anybody = () => true

test('owners take turns, each in its own order', () => {
  const queue = createOwnerQueue<string>(limits)
  for (const [owner, entry] of [
    ['a', 'a1'],
    ['a', 'a2'],
    ['a', 'a3'],
    ['b', 'b1'],
    ['c', 'c1'],
    ['c', 'c2'],
  ] as const) {
    queue.add(owner, entry, 1)
  }
  const order = []
  for (let next = queue.next(anybody); next; next = queue.next(anybody)) order.push(next.entry)
  expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3'])
  expect([queue.running(), queue.waiting()]).toEqual([6, 0])
})

test('who may not run is passed over and keeps its turn', () => {
  const queue = createOwnerQueue<string>(limits)
  queue.add('a', 'a1', 1)
  queue.add('a', 'a2', 1)
  queue.add('b', 'b1', 1)
  const oneEach = ({ running }: { running: number }) => running < 1
  expect(queue.next(oneEach)?.entry).toBe('a1')
  expect(queue.next(oneEach)?.entry).toBe('b1')
  expect(queue.next(oneEach)).toBeUndefined()
  queue.finished('a')
  expect(queue.next(oneEach)?.entry).toBe('a2')
})

test('an owner may hoard neither scripts nor characters, and that bothers no other', () => {
  const queue = createOwnerQueue<number>(limits)
  expect([1, 2, 3, 4].map((entry) => queue.add('a', entry, 1))).toEqual([true, true, true, false])
  expect([1, 2].map((entry) => queue.add('b', entry, 90))).toEqual([true, false])
  // a single large one is no hoard
  expect(queue.add('c', 1, 1000)).toBe(true)
  expect(queue.load('a')).toEqual({ owner: 'a', running: 0, waiting: 3 })
})

test('what is taken back is not run and makes room', () => {
  const queue = createOwnerQueue<string>(limits)
  queue.add('a', 'a1', 90)
  expect(queue.remove('a', 'a1')).toBe(true)
  expect(queue.remove('a', 'a1')).toBe(false)
  expect(queue.add('a', 'a2', 90)).toBe(true)
  expect(queue.clear()).toEqual(['a2'])
  expect(queue.next(anybody)).toBeUndefined()
})
