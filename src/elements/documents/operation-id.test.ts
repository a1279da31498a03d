import { describe, expect, test } from 'vitest'
import { oldOperationId, operationId, uniqueIds } from './operation-id.ts'
import type { Method } from './swagger.ts'

describe('names of operations (spec 23 §A3)', () => {
  test.each([
    ['get', '/contacts', 'getContacts'],
    ['get', '/contacts/{id}', 'getContactById'],
    ['post', '/contacts', 'createContact'],
    ['post', '/accounts/{id}/notes', 'createAccountNote'],
    ['patch', '/contacts/{id}/notes/{noteId}', 'updateContactsNoteByNoteId'],
    ['put', '/bulk/{id}/cancel', 'replaceBulkCancel'],
    ['get', '/{objectName}', 'getByObjectName'],
    ['get', '/{objectName}/{objectId}', 'getObjectNameByObjectId'],
    ['get', '/{objectName}/{objectId}/{childObjectName}', 'getObjectNameByChildObjectName'],
    ['get', '/objects/{objectName}/metadata', 'getObjectsObjectNameMetadata'],
    ['post', '/bulk/{objectName}', 'createBulkByObjectName'],
    ['delete', '/credit-memos/{id}', 'deleteCreditMemoById'],
    ['post', '/list_of-companies', 'createList_ofCompany'],
    ['delete', '/address/{id}', 'deleteAddresById'],
    ['get', '/a/{b.c-d}', 'getAByB.cD'],
  ] as const)('%s %s is %s', (method, path, expected) => {
    expect(operationId(method, path)).toBe(expected)
  })

  test('the second of the same name is counted, in the order of paths', () => {
    const operations: { method: Method; path: string }[] = [
      { method: 'get', path: '/accounts/contacts' },
      { method: 'get', path: '/accounts/{id}/contacts' },
      { method: 'get', path: '/accounts/{id}/{x}/contacts' },
    ]
    expect(uniqueIds(operations)).toEqual(['getAccountsContacts', 'getAccountsContacts2', 'getAccountsContacts3'])
  })

  test('a counted name never takes one that another operation has by itself', () => {
    const operations: { method: Method; path: string }[] = [
      { method: 'get', path: '/a2' },
      { method: 'get', path: '/a/{id}/' },
      { method: 'get', path: '/a' },
      { method: 'get', path: '/{x}/a' },
    ]
    const ids = uniqueIds(operations)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('the older spelling', () => {
    expect(oldOperationId('get', '/contacts')).toBe('GET-contacts')
    expect(oldOperationId('patch', '/contacts/{id}')).toBe('PATCH-contacts-{id}')
  })
})
