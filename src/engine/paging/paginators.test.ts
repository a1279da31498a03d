import { describe, expect, test } from 'vitest'
import type { PagePosition } from './page.ts'
import { paginatorFor } from './paginators.ts'

const choice = (position: PagePosition) => ({ pageSize: 50, position })

describe('what the vendor gets for page 3 of 50 (spec 11 §5.1)', () => {
  for (const [type, pageName, startIndex, expected] of [
    ['page', 'page', undefined, '3'],
    ['page', 'page', 0, '2'],
    ['page', 'page', 1, '3'],
    ['page starts with 1', 'page', undefined, '3'],
    ['page 0', 'page', undefined, '2'],
    [null, 'page', undefined, '3'],
    ['', 'page', undefined, '3'],
    ['something else', 'page', undefined, '3'],
    ['constructor', 'page', undefined, '3'],
    [' PAGE ', 'page', undefined, '3'],
    ['offset', 'page', undefined, '100'],
    ['offset', 'page', 1, '101'],
    ['offset', 'offset', 0, '100'],
    [null, 'offset', undefined, '100'],
    ['page', '$skip', undefined, '100'],
    ['', 'skip', undefined, '100'],
    ['page', 'start', undefined, '100'],
    ['cursor', 'offset', undefined, undefined],
    ['cursor', 'cursor', undefined, undefined],
  ] as const) {
    test(`${JSON.stringify(type)}, ${pageName}, start index ${startIndex}: ${expected}`, () => {
      expect(paginatorFor(type, pageName).vendorPage(choice({ page: 3 }), startIndex)).toBe(expected)
    })
  }
})

describe('after a full page', () => {
  for (const [type, expected] of [
    ['page', { page: 4 }],
    ['page 0', { page: 4 }],
    ['offset', { page: 4 }],
    ['cursor', undefined],
  ] as const) {
    test(`${type}: ${JSON.stringify(expected)}`, () => {
      expect(paginatorFor(type, 'page').next(choice({ page: 3 }))).toEqual(expected)
    })
  }
})
