import { describe, expect, test } from 'vitest'
import { findNextCursor, parseNextPageKey } from './next-page-key.ts'

const raw = {
  Paging: { Next: 'abc' },
  nextId: 17,
  page: { next: 'https://v.test/x?a=1&cursor=c%2F2&page%5Bafter%5D=z#end', end: null, more: true, last: false },
  meta: { links: { next_page: '/v2/contacts?page=2&per_page=25' } },
  empty: '',
  list: ['x'],
  '@odata.nextLink': 'https://v.test/x?$skiptoken=s1',
  zero: 0,
}
const headers = { 'vsts-page-token': 't1', link: ['<a>', '<b>'], 'elements-next-page-token': 'e' }

describe('the cursor that a nextPageKey names (spec 11 §5.3)', () => {
  for (const [name, key, expected] of [
    ['a path in the body', 'body.Paging.Next', 'abc'],
    ['without prefix', 'Paging.Next', 'abc'],
    ['a number becomes text', 'nextId', '17'],
    ['zero is a cursor', 'zero', '0'],
    ['a first segment that leads nowhere is dropped', 'data.nextId', '17'],
    ['also after the prefix', 'body.data.nextId', '17'],
    ['a parameter of the address found', 'body.page.next?cursor', 'c/2'],
    ['a parameter with brackets', 'body.page.next?page[after]', 'z'],
    ['a parameter of a relative address', 'body.meta.links.next_page?page', '2'],
    ['a parameter that is not there', 'body.page.next?offset', undefined],
    ['an element of a list', 'list[0]', 'x'],
    ['a member with a dot in its name', 'body.@odata.nextLink?$skiptoken', 's1'],
    ['a header', 'header.vsts-page-token', 't1'],
    ['in any letter case', 'header.VSTS-Page-Token', 't1'],
    ['the first of a repeated header', 'header.link', '<a>'],
    ['a header that is not there', 'header.next', undefined],
    ['the header of post hooks', 'elements-next-page-token', 'e'],
    ['null is the end', 'page.end', undefined],
    ['false is the end', 'page.last', undefined],
    ['empty text is the end', 'empty', undefined],
    ['an object is no cursor', 'meta.links', undefined],
    ['a missing path is the end', 'body.x.y.z', undefined],
  ] as const) {
    test(name, () => {
      const parsed = parseNextPageKey(key)
      expect(parsed && findNextCursor(parsed, { headers, raw })).toBe(expected)
    })
  }

  test('no key, no cursor', () => {
    expect([parseNextPageKey(''), parseNextPageKey(null), parseNextPageKey(undefined)]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })
})
