import { expect, test } from 'vitest'
import { createRequestIds } from './request-id.ts'

test('24 lower-case hex digits, never twice, in order of time (spec 00 §5)', () => {
  let now = Date.parse('2024-05-01T10:00:00Z')
  const next = createRequestIds(() => now)
  const ids = Array.from({ length: 5_000 }, () => next())
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{24}$/)
  expect(new Set(ids).size).toBe(ids.length)
  expect(Number.parseInt(ids[0]?.slice(0, 8) ?? '', 16) * 1000).toBe(now)
  now += 1000
  expect(next() > (ids[0] ?? '')).toBe(true)
})

test('two processes do not share ids', () => {
  const at = () => 0
  expect(createRequestIds(at)().slice(8, 18)).not.toBe(createRequestIds(at)().slice(8, 18))
})
