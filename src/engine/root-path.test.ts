import { describe, expect, test } from 'vitest'
import { extractPath, parseRootPath, splitRootKey, wrapInPath } from './root-path.ts'

describe('requestRoot|responseRoot (spec 11 §4.4)', () => {
  for (const [rootKey, request, response] of [
    ['a.b', undefined, 'a.b'],
    ['|a.b', undefined, 'a.b'],
    ['person|', 'person', undefined],
    ['data|data', 'data', 'data'],
    ['data|items[*].data', 'data', 'items[*].data'],
    ['', undefined, undefined],
    ['|', undefined, undefined],
    [null, undefined, undefined],
    [undefined, undefined, undefined],
  ] as const) {
    test(`${JSON.stringify(rootKey)} wraps in ${request}, answers below ${response}`, () => {
      const roots = splitRootKey(rootKey)
      expect([roots.request?.text, roots.response?.text]).toEqual([request, response])
    })
  }
})

describe('the value below a path', () => {
  const soap = { 'soap:Envelope': { 'soap:Body': { LoginResponse: { id: 1 } } } }
  for (const [name, value, path, expected] of [
    ['a member', { data: [1] }, 'data', [1]],
    ['a nested member', { d: { results: [1] } }, 'd.results', [1]],
    ['a leading dot is ignored', { data: 1 }, '.data', 1],
    ['an index', { data: [{ id: 1 }, { id: 2 }] }, 'data[1].id', 2],
    ['an index of the whole', [5, 6], '[0]', 5],
    ['the last element', { data: [{ id: 1 }, { id: 2 }] }, 'data[last].id', 2],
    ['the last of none does not resolve', { data: [] }, 'data[last].id', undefined],
    ['an index past the end does not resolve', { data: [] }, 'data[0]', undefined],
    ['every element', { items: [{ data: 1 }, { data: 2 }] }, 'items[*].data', [1, 2]],
    ['every element of an empty list is an empty list', { items: [] }, 'items[*].data', []],
    ['[*] at the end is the list itself', { items: [1, 2] }, 'items[*]', [1, 2]],
    ['an element without the rest is left out', { items: [{ data: 1 }, {}] }, 'items[*].data', [1]],
    ['[*] of the whole', [{ data: 1 }], '[*].data', [1]],
    ['[*] within [*]', { a: [{ b: [{ c: 1 }] }, { b: [] }] }, 'a[*].b[*].c', [[1], []]],
    ['[*] of an object does not resolve', { items: {} }, 'items[*].data', undefined],
    ['colons are part of a name', soap, 'soap:Envelope.soap:Body', { LoginResponse: { id: 1 } }],
    ['below colons', soap, 'soap:Envelope.soap:Body.LoginResponse', { id: 1 }],
    ['a missing member does not resolve', { data: 1 }, 'items', undefined],
    ['a missing member in the middle does not resolve', { data: 1 }, 'items.data', undefined],
    ['null resolves as a value', { data: null }, 'data', null],
    ['nothing is below null', { data: null }, 'data.x', undefined],
    ['inherited members are not there', {}, 'constructor', undefined],
    ['nor are those of a text', { data: 'abc' }, 'data.length', undefined],
    ['zero and false are values', { a: { b: false } }, 'a.b', false],
  ] as const) {
    test(name, () => {
      const parsed = parseRootPath(path)
      expect(parsed && extractPath(value, parsed)).toEqual(expected)
    })
  }

  test('an empty path is none', () => {
    expect([parseRootPath(''), parseRootPath(' . ')]).toEqual([undefined, undefined])
  })
})

describe('wrapping', () => {
  for (const [path, expected] of [
    ['person', { person: 1 }],
    ['a.b', { a: { b: 1 } }],
    ['a[0].b', { a: [{ b: 1 }] }],
  ] as const) {
    test(path, () => {
      const parsed = parseRootPath(path)
      expect(parsed && wrapInPath(1, parsed)).toEqual(expected)
    })
  }
})
