import { describe, expect, test } from 'vitest'
import { lensOf } from './decide.ts'
import { keyOf, MAX_REMEMBERED, UNDATED } from './memory.ts'
import { readPolledResource } from './polled-resource.ts'
import { createBatch, readWindow } from './read-window.ts'

const NOW = Date.parse('2024-07-15T10:20:00Z')
const settings = { url: '/things', idField: 'id', datesConfiguration: { updatedDateField: 'u' } }
const thing = (id: number | string, minutesAgo = 10) => ({ id, u: new Date(NOW - minutesAgo * 60_000).toISOString() })
const pagesOf = (count: number) => Array.from({ length: count }, (_, at) => [thing(at)])

/** @param readings what the vendor answers: a list of pages each time it is read */
async function read(readings: object[][][], { isNewestFirst = false, seen = new Map<string, number>() } = {}) {
  const resource = readPolledResource('things', settings)
  if (typeof resource === 'string') throw new Error(resource)
  const batch = createBatch()
  const [stored, asked]: [unknown[][], number[]] = [[], []]
  let reading = 0
  const { isComplete, isOverfull } = await readWindow(
    {
      lens: lensOf(resource),
      window: { since: NOW - 20 * 60_000, switchedOn: 0, runStart: NOW, isFirst: false, isFiltered: true },
      nextFrom: NOW - 5 * 60_000,
      isNewestFirst,
      seen,
      async *pages() {
        const pages = readings[reading++] ?? []
        asked.push(0)
        for (const page of pages) {
          asked[reading - 1] = (asked[reading - 1] ?? 0) + 1
          yield page
        }
      },
      async store(full) {
        stored.push(full.found().map(({ record }) => record))
      },
    },
    batch,
  )
  return {
    isComplete,
    isOverfull,
    asked,
    stored,
    found: batch.found().map(({ record }) => (record as { id: unknown }).id),
  }
}

describe('whether something can have been missed', () => {
  for (const [name, readings, expected] of [
    ['not on one page', [[[thing(1), thing(2)]]], { isComplete: true, asked: [1] }],
    ['not where nothing is', [[[]]], { isComplete: true, asked: [1] }],
    [
      'not in a list that stays the same',
      [pagesOf(3), pagesOf(3)],
      { isComplete: true, asked: [3, 3], found: [0, 1, 2] },
    ],
    [
      'in one where a record comes to light at the second reading',
      [
        [[thing(1)], [thing(3)]],
        [[thing(1)], [thing(2)], [thing(3)]],
      ],
      { isComplete: false, asked: [2, 3], found: [1, 3, 2] },
    ],
    [
      'in one where a record is gone at the second reading',
      [[[thing(1)], [thing(2)]], [[thing(2)]]],
      { isComplete: false, found: [1, 2] },
    ],
    [
      'not by what the next poll sees anyway',
      [
        [[thing(1)], [thing(2)]],
        [[thing(1)], [thing(2)], [thing(3, 1)]],
      ],
      { isComplete: true, found: [1, 2, 3] },
    ],
    ['not in a long list in which nobody is met twice', [pagesOf(12)], { isComplete: true, asked: [12] }],
    ['in a long list in which one is', [[...pagesOf(12), [thing(3, 0)]]], { isComplete: false, asked: [13] }],
  ] as const) {
    test(name, async () => expect(await read(readings as unknown as object[][][])).toMatchObject(expected))
  }
})

test('newest first, reading ends at the first page that is old altogether (spec 40 §7.5)', async () => {
  const pages = [[thing(1), thing(2, 30)], [thing(3, 40), thing(4, 50)], [thing(5, 60)]]
  expect(await read([pages], { isNewestFirst: false })).toMatchObject({ asked: [3, 0] })
  expect(await read([pages, pages], { isNewestFirst: true })).toMatchObject({
    asked: [2, 2],
    isComplete: true,
    found: [1],
  })
})

test('of an object in several versions the latest is told', async () => {
  const pages = [[thing('a', 9), thing('b', 9)], [thing('a', 3)]]
  expect(await read([pages, pages])).toMatchObject({ found: ['b', 'a'] })
})

test('so many that one event would be too large are stored in parts, and nobody in two', async () => {
  const page = (from: number) => Array.from({ length: 1_500 }, (_, at) => thing(from + at))
  const pages = [page(0), page(1_500), page(3_000)]
  const { stored, found } = await read([pages, pages])
  expect([stored.map((part) => part.length), found.length]).toEqual([[2_000, 2_000], 500])
})

test('a page with more than that, and with a record that it has twice, is stored in parts too', async () => {
  const page = [...Array.from({ length: 2_500 }, (_, at) => thing(at)), thing(7)]
  const { stored, found } = await read([[page]])
  expect([stored.map((part) => part.length), found.length]).toEqual([[2_000], 500])
  const large = Array.from({ length: 5 }, (_, at) => ({ ...thing(at), text: 'x'.repeat(900_000) }))
  const parts = await read([[large]])
  expect([parts.stored.map((part) => part.length), parts.found.length]).toEqual([[3], 2])
})

for (const [name, remembered, expected] of [
  ['while they can be remembered', MAX_REMEMBERED - 2, { found: ['a', 'b'], isOverfull: false }],
  ['beyond that no more', MAX_REMEMBERED - 1, { found: ['a', 'dated'], isOverfull: true }],
  ['none where there are more already', MAX_REMEMBERED, { found: ['dated'], isOverfull: true }],
] as const) {
  test(`records without a date are told ${name}: each poll would tell them again`, async () => {
    const seen = new Map(Array.from({ length: remembered }, (_, at) => [keyOf(String(at), ''), UNDATED]))
    const page = [{ id: 'a' }, { id: 'b' }, ...(expected.isOverfull ? [thing('dated')] : [])]
    expect(await read([[page]], { seen })).toMatchObject(expected)
  })
}
