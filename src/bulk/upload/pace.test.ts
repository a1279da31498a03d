import { describe, expect, test } from 'vitest'
import { firstPace, LONGEST_ASKED_MS, MOST_ROWS, nextPace, pauseMs } from './pace.ts'
import type { RowOutcome } from './row-outcome.ts'

const WRITTEN: RowOutcome = { kind: 'written' }
const PUT_OFF: RowOutcome = { kind: 'putOff', status: '429: slow' }
const DENIED: RowOutcome = { kind: 'failed', status: '401: no', isDenied: true }
const many = (count: number, outcome: RowOutcome = WRITTEN) => new Array<RowOutcome>(count).fill(outcome)
const pace = { ...firstPace(8), together: 8, window: 100 }

describe('rows that go together', () => {
  test('are half as many after trouble, never none', () => {
    expect(nextPace(pace, { outcomes: [WRITTEN, PUT_OFF], ms: 10 }, 8).together).toBe(4)
    expect(nextPace({ ...pace, together: 1 }, { outcomes: [PUT_OFF], ms: 10 }, 8).together).toBe(1)
  })
  test('are one more after each window without trouble, up to what was asked for', () => {
    expect(nextPace({ ...pace, together: 4 }, { outcomes: many(9), ms: 10 }, 8).together).toBe(5)
    expect(nextPace(pace, { outcomes: many(9), ms: 10 }, 8).together).toBe(8)
  })
})

describe('a window', () => {
  for (const [name, rows, ms, expected] of [
    ['holds what half a second takes', 100, 1_000, 50],
    ['grows no more than twice at a time', 100, 100, 200],
    ['has a row at least', 1, 60_000, 1],
  ] as const) {
    test(name, () => expect(nextPace(pace, { outcomes: many(rows), ms }, 8).window).toBe(expected))
  }
  test('has an end', () => {
    expect(nextPace({ ...pace, window: 200 }, { outcomes: many(200), ms: 1 }, 8).window).toBe(MOST_ROWS)
  })
  test('of which nothing was sent says nothing', () => {
    expect(nextPace(pace, { outcomes: [undefined], ms: 1 }, 8)).toEqual(pace)
  })
})

describe('a pause', () => {
  test('is longer each time, up to a minute', () => {
    const lengths = [1, 2, 3, 7, 20].map((pauses) => pauseMs({ ...pace, pauses }, [PUT_OFF]))
    expect(lengths).toEqual([1_000, 2_000, 4_000, 60_000, 60_000])
  })
  test('is as long as the vendor asks, the longest of all', () => {
    const outcomes = [{ ...PUT_OFF, retryAfterMs: 5_000 }, { ...PUT_OFF, retryAfterMs: 90_000 }, undefined]
    expect(pauseMs(pace, outcomes)).toBe(90_000)
  })
  test('has an end, whatever it asks', () => {
    expect(pauseMs(pace, [{ ...PUT_OFF, retryAfterMs: 1e12 }])).toBe(LONGEST_ASKED_MS)
  })
  test('is one of a row of pauses until a row is answered', () => {
    expect(nextPace({ ...pace, pauses: 3 }, { outcomes: [PUT_OFF], ms: 1 }, 8).pauses).toBe(4)
    expect(nextPace({ ...pace, pauses: 3 }, { outcomes: [PUT_OFF, WRITTEN], ms: 1 }, 8).pauses).toBe(1)
    expect(nextPace({ ...pace, pauses: 3 }, { outcomes: [WRITTEN], ms: 1 }, 8).pauses).toBe(0)
  })
})

test('refusals of credentials count while no other answer comes between', () => {
  expect(nextPace({ ...pace, denied: 5 }, { outcomes: many(3, DENIED), ms: 1 }, 8).denied).toBe(8)
  expect(nextPace({ ...pace, denied: 5 }, { outcomes: [DENIED, PUT_OFF, DENIED], ms: 1 }, 8).denied).toBe(7)
  expect(nextPace({ ...pace, denied: 5 }, { outcomes: [WRITTEN, DENIED], ms: 1 }, 8).denied).toBe(1)
})
