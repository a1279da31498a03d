import { expect, test } from 'vitest'
import { decodeSeen, encodeSeen, forgetBefore, keyOf, MAX_REMEMBERED, UNDATED } from './memory.ts'

const keys = (count: number) => Array.from({ length: count }, (_, at) => keyOf(String(at), ''))

test('what is remembered survives the database', () => {
  const seen = new Map([
    [keyOf('1', '2024-07-15T10:00:01Z'), 1721037601000],
    [keyOf(undefined, '{"a":"é"}'), UNDATED],
    [keyOf('', ''), 0.5],
  ])
  expect(decodeSeen(encodeSeen(seen))).toEqual(seen)
  expect(decodeSeen(Buffer.alloc(0)).size).toBe(0)
  expect(new Set(keys(1000)).size).toBe(1000)
  expect(keyOf('a","b', 'c')).not.toBe(keyOf('a', 'b","c'))
})

test('what the next poll does not look at is forgotten', () => {
  const [a, b, c, d] = keys(4) as [string, string, string, string]
  const seen = new Map([
    [a, 10],
    [b, 11],
    [c, UNDATED],
    [d, UNDATED],
  ])
  const kept = forgetBefore({ seen, from: 0 }, 10, (key) => key === c)
  expect([[...kept.seen.keys()], kept.from]).toEqual([[b, c], 10])
})

test('where there is too much, the next poll begins later instead of telling twice', () => {
  const seen = new Map(keys(MAX_REMEMBERED + 500).map((key, at) => [key, 1_000 + Math.floor(at / 1000)]))
  const kept = forgetBefore({ seen, from: 0 }, 0, () => true)
  expect(kept.from).toBe(1_000)
  expect(kept.seen.size).toBe(MAX_REMEMBERED + 500 - 1_000)
  const same = forgetBefore({ seen: new Map(keys(MAX_REMEMBERED + 1).map((key) => [key, 7])), from: 0 }, 0, () => true)
  expect([same.from, same.seen.size]).toEqual([7, 0])
})
