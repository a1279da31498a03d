import { expect, test } from 'vitest'
import { createSlots } from './slots.ts'

test('at most so many at a time, the others in order, also after a failure', async () => {
  const slots = createSlots(2)
  const log: string[] = []
  let running = 0
  const work =
    (name: string, fails = false) =>
    async () => {
      running++
      expect(running).toBeLessThanOrEqual(2)
      log.push(name)
      await new Promise((resolve) => setImmediate(resolve))
      running--
      if (fails) throw new Error(name)
      return name
    }
  const results = await Promise.allSettled([
    slots.run(work('a', true)),
    slots.run(work('b')),
    slots.run(work('c')),
    slots.run(work('d', true)),
    slots.run(work('e')),
  ])
  expect(log).toEqual(['a', 'b', 'c', 'd', 'e'])
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
  expect(await slots.run(work('f'))).toBe('f')
})
