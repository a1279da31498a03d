import { describe, expect, test } from 'vitest'
import { buildResourceTree } from './resource-tree.ts'

const entries = [
  'GET /contacts',
  'POST /contacts',
  'GET /contacts/{id}',
  'GET /contacts/me',
  'GET /contacts/me/settings',
  'GET /contacts/{id}/notes',
  'GET /{objectName}',
  'GET /{objectName}/{objectId}/files',
  'DELETE /contacts/{:id}',
].map((value) => {
  const [method = '', path = ''] = value.split(' ')
  return { method, path, value }
})
const tree = buildResourceTree(entries)

describe('which resource answers', () => {
  for (const [name, call, value, variables] of [
    ['a literal path', 'GET /contacts', 'GET /contacts', {}],
    ['another method of it', 'POST /contacts', 'POST /contacts', {}],
    ['a variable', 'GET /contacts/7', 'GET /contacts/{id}', { id: '7' }],
    ['a literal beats a variable', 'GET /contacts/me', 'GET /contacts/me', {}],
    ['a literal that leads nowhere gives way', 'GET /contacts/me/notes', 'GET /contacts/{id}/notes', { id: 'me' }],
    [
      'also two levels up',
      'GET /contacts/7/files',
      'GET /{objectName}/{objectId}/files',
      { objectName: 'contacts', objectId: '7' },
    ],
    ['a variable at the start', 'GET /deals', 'GET /{objectName}', { objectName: 'deals' }],
    ['a literal without this method gives way', 'DELETE /contacts/me', 'DELETE /contacts/{:id}', { id: 'me' }],
    ['a trailing slash does not count', 'GET /contacts/', 'GET /contacts', {}],
    ['segments are decoded once', 'GET /contacts/a%20b%2Fc%2525', 'GET /contacts/{id}', { id: 'a b/c%25' }],
    ['a plus stays a plus', 'GET /contacts/a+b', 'GET /contacts/{id}', { id: 'a+b' }],
    ['undecodable text stays', 'GET /contacts/50%', 'GET /contacts/{id}', { id: '50%' }],
    ['an encoded literal is that literal', 'GET /%63ontacts', 'GET /contacts', {}],
    ['e-mail addresses', 'GET /contacts/a@b.test', 'GET /contacts/{id}', { id: 'a@b.test' }],
  ] as const) {
    test(name, () => {
      const [method = '', path = ''] = call.split(' ')
      expect(tree.find(method, path)).toEqual({ value, variables })
    })
  }

  for (const call of ['PUT /contacts', 'GET /contacts/7/unknown', 'GET /a/b/c/d', 'GET /']) {
    test(`nothing answers ${call}`, () => {
      const [method = '', path = ''] = call.split(' ')
      expect(tree.find(method, path)).toBeUndefined()
    })
  }
})

test('the first of two with the same method and path answers', () => {
  const twice = buildResourceTree([
    { method: 'GET', path: '/a/{x}', value: 1 },
    { method: 'GET', path: '/a/{y}', value: 2 },
  ])
  expect(twice.find('GET', '/a/7')).toEqual({ value: 1, variables: { x: '7' } })
})

test('the methods of a path are those of every resource that could answer it', () => {
  expect(tree.methodsOf('/contacts').toSorted()).toEqual(['GET', 'POST'])
  expect(tree.methodsOf('/contacts/me').toSorted()).toEqual(['DELETE', 'GET'])
  expect(tree.methodsOf('/a/b/c/d')).toEqual([])
})

test('names of every object are ordinary segments', () => {
  expect(tree.find('GET', '/constructor')).toEqual({
    value: 'GET /{objectName}',
    variables: { objectName: 'constructor' },
  })
})
