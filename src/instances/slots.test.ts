import { expect, test } from 'vitest'
import { createSlots } from './slots.ts'

test('at most so many at a time, the others in order, also after a failure', async () => {
  const slots = createSlots({ what: 'Work', count: 2, perKey: 2, waitMs: 5_000, maxWaiting: 10 })
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
    slots.run(work('a', true), ['a']),
    slots.run(work('b'), ['a']),
    slots.run(work('c'), ['a']),
    slots.run(work('d', true), ['a']),
    slots.run(work('e'), ['a']),
  ])
  expect(log).toEqual(['a', 'b', 'c', 'd', 'e'])
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
  expect(await slots.run(work('f'), ['a'])).toBe('f')
})

test('one key leaves room for the others', async () => {
  const slots = createSlots({ what: 'Work', count: 3, perKey: 2, waitMs: 5_000, maxWaiting: 10 })
  const release = Promise.withResolvers<void>()
  const blocked = [1, 2, 3, 4].map(() => slots.run(() => release.promise, ['account 1', 'element slow']))
  expect(await slots.run(async () => 'through', ['account 2', 'element fast'])).toBe('through')
  expect(slots.stats()).toEqual({ max: 3, total: 2, idle: 1, waiting: 2 })
  release.resolve()
  await Promise.all(blocked)
  expect(slots.stats()).toEqual({ max: 3, total: 0, idle: 3, waiting: 0 })
})

test('nobody waits for ever', async () => {
  const slots = createSlots({ what: 'Work', count: 1, perKey: 1, waitMs: 10, maxWaiting: 10 })
  const release = Promise.withResolvers<void>()
  const first = slots.run(() => release.promise, ['element slow'])
  await expect(slots.run(async () => 'never', ['element slow'])).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(/^Work \(element slow\) could not begin within 0.01 s/),
  })
  expect(slots.stats().waiting).toBe(0)
  release.resolve()
  await first
  expect(await slots.run(async () => 'again', ['element slow'])).toBe('again')
})

test('no more wait than there may be', async () => {
  const slots = createSlots({ what: 'Work', count: 1, perKey: 1, waitMs: 5_000, maxWaiting: 1 })
  const release = Promise.withResolvers<void>()
  const taken = [slots.run(() => release.promise, ['a']), slots.run(() => release.promise, ['a'])]
  await expect(slots.run(async () => 'never', ['b'])).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(/^Work \(b\) could not begin at all: .* 1 more wait/),
  })
  release.resolve()
  await Promise.all(taken)
})
