import type { FastifyReply } from 'fastify'
import { describe, expect, test } from 'vitest'
import { addListHeaders, type Filter, pageInMemory, readListPage } from './paging.ts'
import type { Query } from './query.ts'

const signer = {
  sign: (text: string) => `s${text.length}`,
  verify: (text: string, signature: string) => signature === `s${text.length}`,
}

/** What a reply would carry. */
function replyWith() {
  const headers: Record<string, string> = {}
  const reply = {
    header: (name: string, value: string) => Object.assign(headers, { [name]: value }),
  } as unknown as FastifyReply
  return { reply, headers }
}

const read = (query: Query, filter: Filter = {}, list = 'instances') => {
  const { reply, headers } = replyWith()
  return { ...readListPage(query, list, filter, signer, reply), headers }
}
const tokenFor = (next: number, list = 'instances', filter: Filter = {}, pageSize = 2) => {
  const { reply, headers } = replyWith()
  addListHeaders(
    reply,
    { returned: 2, total: 5, next },
    list,
    { pageSize, page: undefined, after: undefined, filter },
    signer,
  )
  return headers['elements-next-page-token'] ?? ''
}

describe('pages of platform lists (spec 00 §8)', () => {
  for (const [name, query, expected] of [
    ['200 by default', {}, { pageSize: 200, page: undefined, after: undefined }],
    ['as asked', { pageSize: '30', page: '2' }, { pageSize: 30, page: 2 }],
    ['empty is absent', { pageSize: '', page: '', nextPage: '' }, { pageSize: 200, page: undefined, after: undefined }],
    ['null is the first page', { nextPage: 'null' }, { after: undefined }],
    ['undefined too', { nextPage: 'undefined' }, { after: undefined }],
    ['a token wins over page', { nextPage: tokenFor(30), page: '9' }, { page: undefined, after: 30 }],
    ['5000 at most', { pageSize: '5000' }, { pageSize: 5000, headers: {} }],
    [
      'more is cut and said so',
      { pageSize: '5001' },
      { pageSize: 5000, headers: { 'elements-error': 'pageSize 5001 is more than the maximum (5000); 5000 was used' } },
    ],
  ] as [string, Query, object][]) {
    test(name, () => {
      expect(read(query)).toMatchObject(expected)
    })
  }

  for (const [query, code] of [
    [{ pageSize: '0' }, 'PARAMETER_INVALID'],
    [{ pageSize: 'x' }, 'PARAMETER_INVALID'],
    [{ page: '-1' }, 'PARAMETER_INVALID'],
    [{ page: '1.5' }, 'PARAMETER_INVALID'],
    [{ pageSize: '99999999999999999999' }, 'PARAMETER_INVALID'],
    [{ nextPage: 'x' }, 'PAGE_TOKEN_INVALID'],
    [{ nextPage: '30' }, 'PAGE_TOKEN_INVALID'],
    [{ nextPage: '30~s1' }, 'PAGE_TOKEN_INVALID'],
    [{ nextPage: tokenFor(30, 'another list') }, 'PAGE_TOKEN_INVALID'],
    [{ nextPage: `${tokenFor(30)}~` }, 'PAGE_TOKEN_INVALID'],
  ] as const) {
    test(`${JSON.stringify(query)} is refused`, () => {
      expect(() => read(query)).toThrow(expect.objectContaining({ code, status: 400 }))
    })
  }

  test('a token alone goes on with its filter and page size', () => {
    const nextPage = tokenFor(30, 'instances', { tags: ['eu'] }, 7)
    expect(read({ nextPage })).toMatchObject({ after: 30, pageSize: 7, filter: { tags: ['eu'] } })
    expect(read({ nextPage }, { tags: [], searchText: '' })).toMatchObject({ filter: { tags: ['eu'] } })
    expect(read({ nextPage, pageSize: '3' }, { tags: ['eu'] })).toMatchObject({ after: 30, pageSize: 3 })
    expect(() => read({ nextPage }, { tags: ['us'] })).toThrow(expect.objectContaining({ code: 'PAGE_TOKEN_INVALID' }))
  })

  test('counts always, a token only when more follows', () => {
    const [last, more] = [replyWith(), replyWith()]
    const page = { pageSize: 30, page: undefined, after: undefined, filter: {} }
    addListHeaders(last.reply, { returned: 7, total: 37, next: undefined }, 'x', page, signer)
    addListHeaders(more.reply, { returned: 30, total: 37, next: 30 }, 'x', page, signer)
    expect(last.headers).toEqual({ 'elements-returned-count': '7', 'elements-total-count': '37' })
    expect(Object.keys(more.headers)).toContain('elements-next-page-token')
  })
})

describe('cutting a list in memory', () => {
  const items = [1, 2, 3, 4, 5]
  for (const [name, page, expected, hasNext] of [
    ['the first', { pageSize: 2, page: undefined, after: undefined }, [1, 2], true],
    ['the second', { pageSize: 2, page: 2, after: undefined }, [3, 4], true],
    ['the last has no successor', { pageSize: 2, page: undefined, after: 4 }, [5], false],
    ['a full last page has none either', { pageSize: 5, page: 1, after: undefined }, items, false],
    ['past the end', { pageSize: 2, page: 9, after: undefined }, [], false],
  ] as const) {
    test(name, () => {
      const { reply, headers } = replyWith()
      expect(pageInMemory(items, { ...page, filter: {} }, 'x', signer, reply)).toEqual(expected)
      expect(headers).toMatchObject({ 'elements-returned-count': String(expected.length), 'elements-total-count': '5' })
      expect('elements-next-page-token' in headers).toBe(hasNext)
    })
  }
})
