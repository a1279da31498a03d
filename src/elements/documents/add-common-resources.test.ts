import { describe, expect, test } from 'vitest'
import { faultsOf } from '../../../test/support/check-document.ts'
import type { Element } from '../../model/element.ts'
import { addCommonResources, type DocumentedMapping } from './add-common-resources.ts'
import { complete, writeDocument } from './document-text.ts'
import { elementApi } from './element-api.ts'
import { atOnce } from './in-slices.ts'

const list = {
  name: 'contacts',
  swagger: { contacts: { type: 'array', items: { type: 'contact' } }, contact: { properties: {} } },
}
const get = (path: string, model?: object) => ({ method: 'GET', path: `/hubs/crm${path}`, type: 'api', model })
const element = {
  id: 1,
  key: 'mapped',
  name: 'Mapped',
  description: '',
  hub: 'crm',
  configuration: [],
  parameters: [],
  hooks: [],
  resources: [
    {
      ...get('/contacts', list),
      parameters: [
        { name: 'where', type: 'query' },
        { name: 'page', type: 'query' },
        { name: 'pageSize', type: 'query' },
      ],
    },
    { ...get('/contacts'), method: 'POST', parameters: [{ name: 'body', type: 'body', dataType: 'contact' }] },
    get('/contacts/{contactId}'),
    { ...get('/contacts/{contactId}'), method: 'DELETE' },
    get('/contacts-archive'),
    get('/lists/{id}/contacts'),
    get('/lists/{id}/contacts/{contactId}'),
  ],
} as unknown as Element
const api = atOnce(elementApi(element))

const mapping = (vendorName: string, objectName = 'my-partner'): DocumentedMapping => ({
  objectName,
  vendorName,
  fields: [
    { path: 'name', vendorPath: 'Name', type: 'string' },
    { path: 'address.city', vendorPath: 'City', type: 'string' },
    { path: 'born', vendorPath: 'Birth', type: 'date' },
    { path: 'phones[*].number', vendorPath: 'Phones[*].n', type: 'number' },
  ],
})
const added = (...mappings: DocumentedMapping[]) => atOnce(addCommonResources(api, mappings))
const callsOf = (document: typeof api, tag: string) =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, { tags, operationId }]) =>
      tags.includes(tag) ? [`${method} ${path} ${operationId}`] : [],
    ),
  )

describe('common resources in a document (spec 23 §A7)', () => {
  test('of a native object: the generic resource under the common name', () => {
    expect(callsOf(added(mapping('Account')), 'my-partner')).toEqual([
      'get /my-partner getByObjectName_my-partner',
      'post /my-partner createByObjectName_my-partner',
      'get /my-partner/{objectId} getObjectNameByObjectId_my-partner',
      'patch /my-partner/{objectId} updateObjectNameByObjectId_my-partner',
      'delete /my-partner/{objectId} deleteObjectNameByObjectId_my-partner',
    ])
  })

  test('of a normalized resource: its methods, and its own name of the variable', () => {
    expect(callsOf(added(mapping('contacts')), 'my-partner')).toEqual([
      'get /my-partner getContacts_my-partner',
      'post /my-partner createContact_my-partner',
      'get /my-partner/{contactId} getContactByContactId_my-partner',
      'delete /my-partner/{contactId} deleteContactByContactId_my-partner',
    ])
  })

  test('of a resource below another', () => {
    expect(callsOf(added(mapping('listsContacts')), 'my-partner')).toEqual([
      'get /lists/{id}/my-partner getListsContacts_my-partner',
      'get /lists/{id}/my-partner/{contactId} getListsContactByContactId_my-partner',
    ])
  })

  test('parameters are those of the base; the name of the object is no parameter any more', () => {
    const generic = added(mapping('Account')).paths
    const names = (path: string, method: 'get' | 'post' | 'patch') =>
      generic[path]?.[method]?.parameters.map(({ name }) => name)
    expect(names('/my-partner', 'get')).toEqual(['Authorization', 'where', 'pageSize', 'nextPage'])
    expect(names('/my-partner', 'post')).toEqual(['Authorization', 'body'])
    expect(names('/my-partner/{objectId}', 'get')).toEqual(['Authorization', 'objectId'])
    expect(names('/my-partner/{objectId}', 'patch')).toEqual(['Authorization', 'objectId', 'body'])
    expect(added(mapping('contacts')).paths['/my-partner']?.get?.parameters.map(({ name }) => name)).toEqual([
      'Authorization',
      'where',
      'pageSize',
      'nextPage',
    ])
  })

  test('the definition is made of the paths of its fields', () => {
    const { definitions, paths } = added(mapping('contacts'))
    expect(definitions['my-partner']).toEqual({
      type: 'object',
      properties: {
        name: { type: 'string' },
        address: { type: 'object', properties: { city: { type: 'string' } } },
        born: { type: 'string', format: 'date' },
        phones: { type: 'array', items: { type: 'object', properties: { number: { type: 'number' } } } },
      },
    })
    expect(paths['/my-partner']?.get?.responses['200']?.schema).toEqual({
      type: 'array',
      items: { $ref: '#/definitions/my-partner' },
    })
    expect(paths['/my-partner']?.post?.parameters.at(-1)?.schema).toEqual({ $ref: '#/definitions/my-partner' })
  })

  test('what the element has stays beside it, and the document stays valid', async () => {
    const document = added(
      mapping('contacts'),
      mapping('Account', 'odd {name}/with "marks"?'),
      mapping('contacts', 'contacts'),
    )
    expect(document.paths['/contacts-archive']).toEqual(api.paths['/contacts-archive'])
    expect(document.paths['/contacts']?.get?.operationId).toBe('getContacts_contacts')
    const frame = { host: 'hub.example.com', basePath: '/elements/api-v2', schemes: ['https'] }
    for (const format of ['swagger', 'openapi31'] as const) {
      expect(await faultsOf(complete(atOnce(writeDocument(document, format)), frame).toString())).toEqual([])
    }
  })
})

test('a thousand common resources do not repeat all operations without end', () => {
  const many = (count: number) => Array.from({ length: count }, (_, at) => at)
  const resources = many(500).map((at) => ({ ...get(`/contacts/{id${at}}`), description: 'd'.repeat(1_000) }))
  const large = atOnce(elementApi({ ...element, resources } as unknown as Element))
  const mappings = many(200).map((at) => mapping('contacts', `my-${at}`))
  const { paths, definitions } = atOnce(addCommonResources(large, mappings))
  expect(paths).toHaveProperty(['/my-0/{id0}'])
  expect(definitions).toHaveProperty('my-0')
  expect(definitions).not.toHaveProperty('my-199')
  expect(JSON.stringify(paths).length).toBeLessThan(25_000_000)
})
