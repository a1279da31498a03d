import { expect, test } from 'vitest'
import { eventIdAt, timeOfEventId } from './event-id.ts'

const TIME = new Date('2026-11-26T03:25:56.789Z')

test('an id is 20 letters and digits and tells its time to the millisecond', () => {
  const id = eventIdAt(TIME)
  expect(id).toMatch(/^[0-9A-Za-z]{20}$/)
  expect(timeOfEventId(id)).toEqual(TIME)
})

test('ids sort by time', () => {
  const later = new Date(TIME.getTime() + 1)
  const [low, high] = [new Uint8Array(12).fill(61), new Uint8Array(12)]
  expect(eventIdAt(TIME, low) < eventIdAt(later, high)).toBe(true)
})

test('two of one millisecond differ', () => {
  expect(new Set(Array.from({ length: 1000 }, () => eventIdAt(TIME))).size).toBe(1000)
})

for (const text of ['', '-1', '1088', '0'.repeat(19), '0'.repeat(21), `${'0'.repeat(19)}-`, 'z'.repeat(20)]) {
  test(`"${text}" names no time that an event could have arrived at, or one of the past`, () => {
    const time = timeOfEventId(text)
    expect(time === undefined || Number.isFinite(time.getTime())).toBe(true)
  })
}
