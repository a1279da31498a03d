import { describe, expect, test } from 'vitest'
import type { RowOutcome } from './row-outcome.ts'
import { type SendingOptions, sendWindow } from './send-window.ts'

const WRITTEN: RowOutcome = { kind: 'written' }

function send(write: (row: number) => Promise<RowOutcome>, options: Partial<SendingOptions<number>> = {}, count = 10) {
  const rows = Array.from({ length: count }, (_, index) => index)
  return sendWindow(rows, {
    ...{ together: 3, denied: 0, write, isOver: () => false },
    ...{ signal: new AbortController().signal, graceMs: async () => 0 },
    ...options,
  })
}

const kinds = (outcomes: readonly (RowOutcome | undefined)[]) => outcomes.map((outcome) => outcome?.kind ?? '-')

describe('rows of a window', () => {
  test('are sent in order, some together, and no more than that', async () => {
    let together = 0
    let most = 0
    const order: number[] = []
    const outcomes = await send(async (row) => {
      order.push(row)
      most = Math.max(most, ++together)
      await new Promise(setImmediate)
      together--
      return WRITTEN
    })
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(most).toBe(3)
    expect(kinds(outcomes)).toEqual(new Array(10).fill('written'))
  })

  for (const [name, last] of [
    ['the vendor has no time', { kind: 'putOff', status: '429: slow' }],
    ['the vendor is troubled', { kind: 'uncertain', status: '504: gone', isStrained: true }],
    ['we are out of order', { kind: 'unavailable', error: new Error() }],
  ] as [string, RowOutcome][]) {
    test(`are not begun any more when ${name}`, async () => {
      const outcomes = await send(async (row) => (row === 2 ? last : WRITTEN), { together: 1 })
      expect(kinds(outcomes)).toEqual(['written', 'written', last.kind, ...new Array(7).fill('-')])
    })
  }

  test('are not begun any more after twenty that were refused for the credentials, whenever that began', async () => {
    const denied: RowOutcome = { kind: 'failed', status: '401: no', isDenied: true }
    expect(
      kinds(await send(async () => denied, { together: 1, denied: 17 })).filter((kind) => kind !== '-'),
    ).toHaveLength(3)
  })

  test('are not begun any more when time is over', async () => {
    let asked = 0
    expect(kinds(await send(async () => WRITTEN, { together: 1, isOver: () => ++asked > 4 })).slice(3, 5)).toEqual([
      'written',
      '-',
    ])
  })

  test('of one record go one after the other, those of others beside them', async () => {
    const underWay = new Set<number>()
    const order: number[] = []
    const outcomes = await send(
      async (row) => {
        expect([...underWay].some((other) => other % 3 === row % 3)).toBe(false)
        underWay.add(row)
        for (let wait = row === 0 ? 20 : 1; wait > 0; wait--) await new Promise(setImmediate)
        underWay.delete(row)
        order.push(row)
        return WRITTEN
      },
      { together: 5, keyOf: (row) => `record ${row % 3}` },
    )
    expect(kinds(outcomes)).toEqual(new Array(10).fill('written'))
    for (const key of [0, 1, 2]) {
      const ofKey = order.filter((row) => row % 3 === key)
      expect(ofKey).toEqual(ofKey.toSorted((a, b) => a - b))
    }
  })

  test('wait for an earlier one of their record that was put off', async () => {
    const outcomes = await send(async (row) => (row === 1 ? { kind: 'putOff', status: '429: slow' } : WRITTEN), {
      together: 3,
      keyOf: (row) => (row === 2 ? 'record 1' : `record ${row}`),
    })
    expect(kinds(outcomes).slice(0, 3)).toEqual(['written', 'putOff', '-'])
  })

  test('that are under way at the end are waited for', async () => {
    const stop = new AbortController()
    const outcomes = await send(
      async (row) => {
        if (row === 4) stop.abort()
        await new Promise(setImmediate)
        return WRITTEN
      },
      { signal: stop.signal, graceMs: async () => 60_000 },
    )
    expect(kinds(outcomes)).toEqual([...new Array(5).fill('written'), ...new Array(5).fill('-')])
  })

  test('that do not end in time are uncertain; what they come to later is told to nobody', async () => {
    const stop = new AbortController()
    const late = Promise.withResolvers<RowOutcome>()
    const outcomes = await send(
      (row) => {
        if (row === 1) stop.abort()
        return row === 1 ? late.promise : Promise.resolve(WRITTEN)
      },
      { together: 1, signal: stop.signal },
    )
    late.resolve(WRITTEN)
    await late.promise
    expect(kinds(outcomes).slice(0, 3)).toEqual(['written', 'uncertain', '-'])
  })
})
