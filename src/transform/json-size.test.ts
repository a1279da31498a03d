import { describe, expect, test } from 'vitest'
import { createJsonSize } from './json-size.ts'

const numbers = (count: number) => Array.from({ length: count }, (_, at) => at)

function sizeOf(value: unknown): number {
  const size = createJsonSize(Number.POSITIVE_INFINITY)
  size.add(value)
  return size.total()
}

describe('characters of JSON', () => {
  const samples: unknown[] = [
    'text',
    [],
    null,
    { a: 1, b: [true, 'x', { c: null }] },
    numbers(3_000),
    numbers(500).map((at) => ({ id: `id ${at}`, amount: at / 7, name: { first: 'Ada', last: 'Lovelace' } })),
  ]
  test.each(samples.map((sample) => [JSON.stringify(sample).slice(0, 40), sample]))(
    'of %s are nearly counted',
    (_, sample) => {
      const { length } = JSON.stringify(sample)
      expect(sizeOf(sample)).toBeGreaterThanOrEqual(length * 0.8)
      expect(sizeOf(sample)).toBeLessThan(length * 3 + 10)
    },
  )

  test('count each time for what is shared, and cost nothing then', () => {
    const list = numbers(200_000)
    const shared = Object.fromEntries(numbers(1_000).map((at) => [`p${at}`, list]))
    const began = performance.now()
    expect(sizeOf(shared)).toBeGreaterThan(900 * JSON.stringify(list).length)
    expect(performance.now() - began).toBeLessThan(5_000)
  })

  test('are not counted past the limit', () => {
    const size = createJsonSize(100)
    size.add(numbers(1_000))
    expect(size.isPastMax()).toBe(true)
    expect(size.total()).toBeLessThan(200)
  })
})
