import { describe, expect, test } from 'vitest'
import { elementOf, resource } from '../../test/support/engine.ts'
import { compile } from '../engine/compile.ts'
import type { Instance } from '../instances/instance.ts'
import type { Element } from '../model/element.ts'
import type { Mapping } from '../transform/mapping.ts'
import { assertBulkEnabled, bulkObject } from './object-path.ts'

const RESOURCES = [
  resource('GET', '/contacts'),
  resource('POST', '/creditMemos', { objectName: 'Memo' }),
  resource('PATCH', '/settings/{id}'),
  resource('GET', '/lists/{id}/members'),
]

function instanceOf(parts: Partial<Element> = {}): Instance {
  return { plan: compile(elementOf({ resources: RESOURCES, ...parts })) } as Instance
}

describe('the object of a bulk call', () => {
  for (const [name, path] of [
    ['contacts', '/contacts'],
    ['Contacts', '/contacts'],
    ['credit-memos', '/creditMemos'],
    ['memo', '/creditMemos'],
    ['settings', '/settings'],
    ['lists/7/members', '/lists/7/members'],
    ['listsMembers', '/listsMembers'],
  ] as const) {
    test(`${name} is at ${path}`, () => expect(bulkObject(instanceOf(), name, undefined).path).toBe(path))
  }

  test('is the vendor’s own where the element has a way to all of them', () => {
    const instance = instanceOf({ resources: [...RESOURCES, resource('GET', '/{objectName}')] })
    expect(bulkObject(instance, 'Custom Thing', undefined).path).toBe('/Custom%20Thing')
  })

  test('goes by its common name where it is a common resource', () => {
    const mapping = { objectName: 'my-people', vendorName: 'contacts' } as Mapping
    const found = bulkObject(instanceOf(), 'my-people', mapping)
    expect(found).toMatchObject({ path: '/my-people', mapping, declared: { name: 'contacts' } })
  })

  for (const name of ['nothing', '', '/', 'nothing/7/contacts']) {
    test(`"${name}" is not found`, () =>
      expect(() => bulkObject(instanceOf(), name, undefined)).toThrow(
        expect.objectContaining({ code: 'OBJECT_NOT_FOUND', status: 404 }),
      ))
  }
})

describe('a bulk call is switched off', () => {
  const off = (flags: Record<string, unknown>, call: 'query' | 'download' | 'upload', element: object = {}) => {
    const instance = instanceOf({ objects: [{ name: 'contacts', ...flags }], ...element })
    try {
      assertBulkEnabled('contacts', bulkObject(instance, 'contacts', undefined), call)
      return false
    } catch (error) {
      expect(error).toMatchObject({ code: 'PARAMETER_INVALID', status: 400 })
      return true
    }
  }

  test('by the flag of its object that says so, and by none of the element', () => {
    expect(off({ bulkDownloadEnabled: false }, 'query')).toBe(true)
    expect(off({ bulkDownloadEnabled: false }, 'upload')).toBe(false)
    expect(off({ bulkUploadEnabled: false }, 'upload')).toBe(true)
    expect(off({ bulkUploadEnabled: false }, 'query')).toBe(false)
    expect(off({}, 'query', { bulkDownloadEnabled: false, bulkUploadEnabled: false })).toBe(false)
  })

  test('of downloads by the flag of its own generation, else by that of the other', () => {
    expect(off({ hulkDownloadEnabled: false }, 'download')).toBe(true)
    expect(off({ bulkDownloadEnabled: false }, 'download')).toBe(true)
    expect(off({ bulkDownloadEnabled: true, hulkDownloadEnabled: false }, 'query')).toBe(false)
    expect(off({ bulkDownloadEnabled: true, hulkDownloadEnabled: false }, 'download')).toBe(true)
    expect(off({ hulkUploadEnabled: false }, 'upload')).toBe(false)
  })
})
