import { describe, expect, test } from 'vitest'
import type { UploadPosition } from '../bulk-table.ts'
import type { RowOutcome } from './row-outcome.ts'
import { type NumberedRow, settleInterrupted, settleWindow } from './settle-window.ts'

/** Row `number` ends ten bytes further than the one before. */
const row = (number: number): NumberedRow => ({ number, record: { number }, end: (number + 1) * 10 })
const rowsOf = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => row(from + index))

const OUTCOMES: Record<string, RowOutcome | undefined> = {
  w: { kind: 'written' },
  f: { kind: 'failed', status: '400: no' },
  u: { kind: 'uncertain', status: 'uncertain' },
  p: { kind: 'putOff', status: '429: slow' },
  '-': undefined,
}
/** outcomes as one letter each */
const outcomesOf = (letters: string) => [...letters].map((letter) => OUTCOMES[letter])

describe('after a window the job goes on', () => {
  for (const [name, letters, position, count, failed] of [
    ['behind it, when all is dealt with', 'wfuw', { row: 9, byte: 90, begun: 9 }, 4, [6, 7]],
    ['at the first row that was not sent', 'ww--', { row: 7, byte: 70, begun: 7 }, 2, []],
    ['where it began, when nothing was sent', '----', { row: 5, byte: 50, begun: 5 }, 0, []],
    [
      'at the first one that was put off, and knows what is done behind it',
      'wpfp',
      {
        row: 6,
        byte: 60,
        begun: 6,
        done: [7],
        putOff: [
          [6, 1],
          [8, 1],
        ],
      },
      2,
      [7],
    ],
    [
      'at the first one that was put off, with all behind it done',
      'pwww',
      { row: 5, byte: 50, begun: 5, done: [6, 7, 8], putOff: [[5, 1]] },
      3,
      [],
    ],
  ] as [string, string, UploadPosition, number, number[]][]) {
    test(name, () => {
      const before = { row: 5, byte: 50, begun: 9 }
      const rows = rowsOf(5, 9)
      const settled = settleWindow(before, { rows, toSend: rows }, outcomesOf(letters))
      expect(settled.position).toEqual(position)
      expect(settled.count).toBe(count)
      expect(settled.failed.map((one) => one.row.number)).toEqual(failed)
    })
  }

  test('behind rows that were done before, once those between them are', () => {
    const rows = rowsOf(5, 9)
    const before = { row: 5, byte: 50, begun: 9, done: [6, 8], putOff: [[5, 2]] as [number, number][] }
    const toSend = rows.filter(({ number }) => !before.done.includes(number))
    const { position, count } = settleWindow(before, { rows, toSend }, outcomesOf('ww'))
    expect(position).toEqual({ row: 9, byte: 90, begun: 9 })
    expect(count).toBe(2)
  })

  test('with a row given up that was put off for the eighth time', () => {
    const rows = rowsOf(5, 6)
    const before = { row: 5, byte: 50, begun: 6, putOff: [[5, 7]] as [number, number][] }
    expect(settleWindow(before, { rows, toSend: rows }, outcomesOf('p'))).toMatchObject({
      position: { row: 6 },
      failed: [{ kind: 'failed', status: '429: slow' }],
      count: 1,
    })
  })

  test('and still knows how often rows were put off that it did not come to', () => {
    const rows = rowsOf(5, 7)
    const before = { row: 5, byte: 50, begun: 7, putOff: [[6, 3]] as [number, number][] }
    expect(settleWindow(before, { rows, toSend: rows }, outcomesOf('p-')).position.putOff).toEqual([
      [5, 1],
      [6, 3],
    ])
  })
})

test('rows that a dead process had begun are uncertain, but those that were done', () => {
  const before = { row: 5, byte: 50, begun: 8, done: [6], header: ['a'] }
  const { position, failed, count } = settleInterrupted(before, rowsOf(5, 8))
  expect(position).toEqual({ row: 8, byte: 80, begun: 8, header: ['a'] })
  expect(failed.map(({ row: { number }, kind }) => [number, kind])).toEqual([
    [5, 'uncertain'],
    [7, 'uncertain'],
  ])
  expect(count).toBe(2)
})
