import { expect, test } from 'vitest'
import { createRecordIds, timeOf } from './record-ids.ts'

test('ids are in the order of time, and within a millisecond in that of asking', () => {
  const idAt = createRecordIds()
  const [early, late] = [new Date('2026-11-25T10:00:00.001Z'), new Date('2026-11-25T10:00:00.002Z')]
  const ids = [idAt(early), ...Array.from({ length: 1_000 }, () => idAt(early)), idAt(late)]
  expect(ids.toSorted()).toEqual(ids)
  expect([timeOf(ids[0] ?? ''), timeOf(ids.at(-1) ?? '')]).toEqual([early, late])
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.every((id) => /^[0-9a-f]{24}$/.test(id))).toBe(true)
})

test('also when ids of two milliseconds are asked for in turns', () => {
  const idAt = createRecordIds()
  const [early, late] = [new Date('2026-11-25T10:00:00.001Z'), new Date('2026-11-25T10:00:00.002Z')]
  const ids = [idAt(early), idAt(late), idAt(early), idAt(late), idAt(early)]
  const [first, , second, , third] = ids
  expect([first, second, third].toSorted()).toEqual([first, second, third])
})
