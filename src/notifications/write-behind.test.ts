import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createWriteBehind } from './write-behind.ts'

test('what comes during a write is written together with the next', async () => {
  const writes: number[][] = []
  const gate = Promise.withResolvers<void>()
  const behind = createWriteBehind<number>(async (items) => {
    writes.push([...items])
    if (writes.length === 1) await gate.promise
  })
  for (const item of [1, 2, 3]) await behind.add(item, 1)
  expect(writes).toEqual([[1]])
  gate.resolve()
  await behind.written()
  expect(writes).toEqual([[1], [2, 3]])
})

test('too much that waits makes whoever adds wait', async () => {
  const gate = Promise.withResolvers<void>()
  const behind = createWriteBehind<number>(() => gate.promise)
  await behind.add(1, 10)
  let isAdded = false
  const second = behind.add(2, 2_000_000).then(() => {
    isAdded = true
  })
  await turn()
  expect(isAdded).toBe(false)
  gate.resolve()
  await second
})

test('a write that fails is the end, and everybody is told', async () => {
  let writes = 0
  const behind = createWriteBehind<number>(async () => {
    writes += 1
    throw new Error('the database is away')
  })
  await behind.add(1, 1)
  await expect(behind.written()).rejects.toThrow('the database is away')
  await expect(behind.add(2, 1)).rejects.toThrow('the database is away')
  expect(writes).toBe(1)
})
