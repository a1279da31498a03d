import { describe, expect, test } from 'vitest'
import { createMemory } from './element-memory.ts'

function setUp(maxBytes: number) {
  const forgotten: string[] = []
  let loads = 0
  const memory = createMemory<string>({ maxBytes, onForgotten: (value) => forgotten.push(value) })
  const get = (key: string, sizeBytes = 1) =>
    memory.get(key, async () => {
      loads++
      return { value: key, sizeBytes }
    })
  return { get, memory, forgotten, loads: () => loads }
}

describe('createMemory', () => {
  test('answers at once what it has loaded', async () => {
    const { get, loads } = setUp(10)
    await get('a')
    expect(get('a')).toBe('a')
    expect(loads()).toBe(1)
  })

  test('the least recently used goes first when the total is too large', async () => {
    const { get, forgotten } = setUp(3)
    for (const key of ['a', 'b', 'c', 'a', 'd']) await get(key)
    expect(forgotten).toEqual(['b'])
  })

  test('a value larger than everything is kept alone', async () => {
    const { get, forgotten } = setUp(3)
    for (const key of ['a', 'b']) await get(key)
    await get('huge', 100)
    expect(forgotten).toEqual(['a', 'b'])
    expect(get('huge')).toBe('huge')
  })

  test('concurrent callers share one load', async () => {
    const { get, loads } = setUp(3)
    await Promise.all([get('a'), get('a')])
    expect(loads()).toBe(1)
  })

  test('neither failures nor "there is none" are kept', async () => {
    const { get, memory } = setUp(3)
    await expect(memory.get('a', () => Promise.reject(new Error('down')))).rejects.toThrow('down')
    expect(await memory.get('a', async () => undefined)).toBeUndefined()
    expect(await get('a')).toBe('a')
  })
})
