import { describe, expect, test } from 'vitest'
import { leavesOf } from './leaves-of.ts'

const numbers = (count: number) => Array.from({ length: count }, (_, at) => at)

describe('leaves of a record', () => {
  test('are paths of members that are no objects', () => {
    expect(leavesOf({ a: 1, b: { c: null, d: [{ e: 1 }] } })).toEqual(['a', 'b.c', 'b.d'])
    expect(leavesOf('text')).toEqual([])
  })

  test('are not many long ones made of one record', () => {
    let record: unknown = Object.fromEntries(numbers(2_000).map((at) => [`x${at}`, 1]))
    for (const at of numbers(400)) record = { [`${at}${'n'.repeat(20_000)}`]: record }
    const leaves = leavesOf(record)
    expect(leaves.reduce((sum, leaf) => sum + leaf.length, 0)).toBeLessThan(500_001)
    expect(leavesOf(Object.fromEntries(numbers(2_000).map((at) => [`x${at}`, 1])))).toHaveLength(1_000)
  })
})
