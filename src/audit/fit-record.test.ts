import { expect, test } from 'vitest'
import { fitRecord } from './fit-record.ts'

test('an absent side is null, a short one its JSON', () => {
  expect(fitRecord(undefined)).toBeNull()
  expect(fitRecord({ a: 1 })).toBe('{"a":1}')
  expect(fitRecord(null)).toBe('null')
})

test('a long one says how long it is and where it differs, parts by id or key', () => {
  const long = 'é'.repeat(20_000)
  const side = {
    name: 'x',
    resources: [{ id: 7, hooks: [{ id: 9, body: long }] }],
    configuration: [{ key: 'a.b', value: 1 }],
    tags: ['t'],
  }
  const text = fitRecord(side) ?? ''
  expect(JSON.parse(text)).toEqual({
    truncated: true,
    sizeBytes: Buffer.byteLength(JSON.stringify(side)),
    changed: [
      'name',
      'resources[7].id',
      'resources[7].hooks[9].id',
      'resources[7].hooks[9].body',
      'configuration[a.b].key',
      'configuration[a.b].value',
      'tags[0]',
    ],
  })
})

test('where very much differs, the paths are shorter, until they name everything', () => {
  const resources = Array.from({ length: 60 }, (_, id) => ({ id, path: 'x'.repeat(600), hooks: [{ id: 1, body: '' }] }))
  const { changed, more } = JSON.parse(fitRecord({ name: 'x', resources }) ?? '')
  expect([changed[0], changed[1], changed.at(-1), changed.length, more]).toEqual([
    'name',
    'resources[0]',
    'resources[59]',
    61,
    undefined,
  ])
})

test('exactly 32 KiB are kept; however much differs, the summary is short', () => {
  expect(fitRecord('x'.repeat(32 * 1024 - 2))).toHaveLength(32 * 1024)
  expect(JSON.parse(fitRecord('x'.repeat(32 * 1024 - 1)) ?? '')).toMatchObject({
    truncated: true,
    sizeBytes: 32 * 1024 + 1,
  })
  const many = Object.fromEntries(
    Array.from({ length: 50_000 }, (_, index) => [`member ${index} ${'n'.repeat(500)}`, index]),
  )
  const text = fitRecord(many) ?? ''
  expect(JSON.parse(text)).toMatchObject({ truncated: true, more: 49_900 })
  expect(text.length).toBeLessThan(32 * 1024)
})
