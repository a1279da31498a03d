import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createTurns } from './turns.ts'

const REFUSED = { code: 'UNAVAILABLE', status: 503, headers: { 'retry-after': '1' } }

test('so many at once, the others in their order', async () => {
  const turns = createTurns('things', { atOnce: 2, waiting: 100, waitMs: 10_000 })
  let [now, most] = [0, 0]
  const order: number[] = []
  const work = (n: number) => async () => {
    now += 1
    most = Math.max(most, now)
    order.push(n)
    await wait(1)
    now -= 1
    return n
  }
  const numbers = Array.from({ length: 20 }, (_, n) => n)
  expect(await Promise.all(numbers.map((n) => turns.run(work(n))))).toEqual(numbers)
  expect(order).toEqual(numbers)
  expect(most).toBe(2)
})

test('a failure gives its turn back', async () => {
  const turns = createTurns('things', { atOnce: 1, waiting: 1, waitMs: 10_000 })
  for (let round = 0; round < 3; round += 1) {
    await expect(turns.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  }
  expect(await turns.run(async () => 'fine')).toBe('fine')
})

test('who finds too many waiting, or waits too long, is sent away and takes nobody’s turn', async () => {
  const turns = createTurns('things', { atOnce: 1, waiting: 1, waitMs: 20 })
  const busy = Promise.withResolvers<string>()
  const first = turns.run(() => busy.promise)
  const second = turns.run(async () => 'never')
  await expect(turns.run(async () => 'never')).rejects.toMatchObject(REFUSED)
  await expect(second).rejects.toMatchObject({ ...REFUSED, message: 'Too many things at once; try again in a second' })
  const third = turns.run(async () => 'third')
  busy.resolve('first')
  expect(await Promise.all([first, third])).toEqual(['first', 'third'])
  expect(await turns.run(async () => 'later')).toBe('later')
})

test('whoever brings a crowd waits behind it himself, and makes room for others', async () => {
  const turns = createTurns('things', { atOnce: 1, waiting: 6, waitMs: 10_000 })
  const order: string[] = []
  const settled: Promise<string>[] = []
  const come = (name: string, whose: string) => {
    const work = async () => {
      await wait(1)
      order.push(name)
    }
    settled.push(
      turns.run(work, whose).then(
        () => 'done',
        () => `${name} refused`,
      ),
    )
  }
  for (let n = 0; n < 7; n += 1) come(`crowd ${n}`, 'crowd')
  come('ada 1', 'ada')
  come('bob 1', 'bob')
  come('ada 2', 'ada')
  come('crowd 7', 'crowd')
  expect(new Set(await Promise.all(settled))).toEqual(
    new Set(['done', 'crowd 4 refused', 'crowd 5 refused', 'crowd 6 refused', 'crowd 7 refused']),
  )
  expect(order).toEqual(['crowd 0', 'crowd 1', 'ada 1', 'bob 1', 'crowd 2', 'ada 2', 'crowd 3'])
})
