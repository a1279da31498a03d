import { expect, test } from 'vitest'
import type { Element } from '../../model/element.ts'
import { elementApi } from './element-api.ts'
import { atOnce } from './in-slices.ts'
import { mergeApis } from './merge-apis.ts'

const apiOf = (key: string, resources: object[]) => ({
  key,
  api: atOnce(elementApi({ id: 1, key, configuration: [], resources } as unknown as Element)),
})
const get = (path: string, properties?: object) => ({
  method: 'GET',
  path: `/hubs/crm${path}`,
  type: 'api',
  ...(properties && {
    model: {
      name: 'contact',
      swagger: { contact: { properties }, owner: { properties: { of: { type: 'contact' } } } },
    },
  }),
})
const merged = (...parts: ReturnType<typeof apiOf>[]) => atOnce(mergeApis(parts, { title: 'crm' }))

test('what the first one says of a call counts', () => {
  const { paths } = merged(
    apiOf('a', [{ ...get('/x'), description: 'first' }]),
    apiOf('b', [{ ...get('/x'), description: 'second' }]),
  )
  expect(paths['/x']?.get?.summary).toBe('first')
})

test('definitions that differ stand beside each other, with whatever refers to them', () => {
  const { definitions, paths } = merged(
    apiOf('a', [get('/x', { id: { type: 'string' } })]),
    apiOf('b', [get('/y', { id: { type: 'integer' } })]),
    apiOf('c', [get('/z', { id: { type: 'string' } })]),
  )
  expect(definitions['contact']).toMatchObject({ properties: { id: { type: 'string' } } })
  expect(definitions['contact_b']).toMatchObject({ properties: { id: { type: 'integer' } } })
  expect(definitions['owner']).toMatchObject({ properties: { of: { $ref: '#/definitions/contact' } } })
  expect(definitions['owner_b']).toMatchObject({ properties: { of: { $ref: '#/definitions/contact_b' } } })
  expect(definitions).not.toHaveProperty('contact_c')
  const answer = (path: string) => paths[path]?.get?.responses['200']?.schema
  expect([answer('/x'), answer('/y'), answer('/z')]).toEqual([
    { $ref: '#/definitions/contact' },
    { $ref: '#/definitions/contact_b' },
    { $ref: '#/definitions/contact' },
  ])
})

test('operations get their ids anew', () => {
  const { paths } = merged(apiOf('a', [get('/contacts-search')]), apiOf('b', [get('/contacts/search')]))
  expect(paths['/contacts-search']?.get?.operationId).toBe('getContactsSearch')
  expect(paths['/contacts/search']?.get?.operationId).toBe('getContactsSearch2')
})
