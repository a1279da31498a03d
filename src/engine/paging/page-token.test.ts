import { describe, expect, test } from 'vitest'
import { openPageToken, type PageToken, queryOfToken, sealPageToken } from './page-token.ts'

const ports = {
  sealPageToken: (text: string) => `sealed ${text}`,
  openPageToken: (token: string) => (token.startsWith('sealed ') ? token.slice(7) : undefined),
}
const token: PageToken = {
  instanceId: 7,
  resource: 'GET /contacts',
  pageSize: 50,
  position: { cursor: 'abc' },
  query: { where: "name='Ada'", tags: ['a', 'b'] },
}
const sealed = sealPageToken(token, ports)
const open = (text: string, expected: Partial<Parameters<typeof openPageToken>[1]> = {}) =>
  openPageToken(text, { instanceId: 7, resource: 'GET /contacts', query: {}, ...expected }, ports)

describe('a token goes on where it was issued', () => {
  for (const [name, query] of [
    ['alone', {}],
    ['with the same filter', { where: "name='Ada'" }],
    ['with the same repeated parameter', { tags: ['a', 'b'] }],
    ['with another page, size or count', { page: '9', pageSize: '10', returnCount: 'true', nextPage: sealed }],
    ['with an empty parameter, which is none', { where: '' }],
  ] as [string, Record<string, string | string[]>][]) {
    test(name, () => {
      expect(open(sealed, { query })).toEqual(token)
    })
  }
})

describe('a token is refused', () => {
  for (const [name, text, expected, message] of [
    ['when it is damaged', 'x', {}, /damaged or was not issued by this server/],
    ['for another instance', sealed, { instanceId: 8 }, /belongs to another list/],
    ['for another resource', sealed, { resource: 'GET /leads' }, /belongs to another list, not to GET \/leads/],
    [
      'with another filter',
      sealed,
      { query: { where: "name='Bob'" } },
      /issued for where=name='Ada', the request says where=name='Bob'/,
    ],
    ['with a filter more', sealed, { query: { q: 'x' } }, /issued for q=, the request says q=x/],
    ['of another version', 'sealed [2,7,"GET /contacts",50,{"page":2},{}]', {}, /another version/],
  ] as const) {
    test(name, () => {
      expect(() => open(text, expected)).toThrow(
        expect.objectContaining({ code: 'PAGE_TOKEN_INVALID', message: expect.stringMatching(message) }),
      )
    })
  }
})

test('paging parameters and empty ones are not remembered', () => {
  expect(
    queryOfToken({ page: '1', pageSize: '5', nextPage: 'x', returnCount: 'true', where: 'a=1', fields: '' }),
  ).toEqual({ where: 'a=1' })
})
