import { describe, expect, test } from 'vitest'
import { elementOf, resource } from '../../../test/support/engine.ts'
import { compile } from '../compile.ts'
import { vendorPath } from './vendor-path.ts'

const plan = compile(
  elementOf({
    resources: [
      resource('GET', '/contacts'),
      resource('GET', '/contacts/{id}/notes'),
      resource('GET', '/lists/{id}/contacts/{contactId}'),
      resource('GET', '/mailing-lists/{id}/members'),
      resource('GET', '/accounts/settings'),
      resource('GET', '/{objectName}/{objectId}/{childObjectName}'),
    ],
  }),
)

/** `[my-contacts=contacts]` is a common resource that stands for `contacts` */
function path(written: string): string {
  const segments = written.split('/').slice(1)
  const mappings = new Map(
    segments.flatMap((segment, at) => {
      const vendorName = /^\[(.*)\]$/.exec(segment.replaceAll('~', '/'))?.[1]
      return vendorName === undefined ? [] : [[at, { vendorName }] as const]
    }),
  )
  return vendorPath(plan, segments, mappings)
}

describe('paths with common resources (spec 20 §11)', () => {
  test.each<[string, string, string]>([
    ['a resource of the element', '/[contacts]', '/contacts'],
    ['one of its records', '/[contacts]/12', '/contacts/12'],
    ['what follows stays', '/[contacts]/12/photo/a%20b/raw', '/contacts/12/photo/a%20b/raw'],
    ['a native object of the vendor', '/[Contact]/12', '/Contact/12'],
    ['one with a blank', '/[Ledger Account]', '/Ledger%20Account'],
    ['below a resource of the element', '/contacts/12/[notes]', '/contacts/12/notes'],
    ['below another common resource', '/[contacts]/12/[notes]/3', '/contacts/12/notes/3'],
    ['native below native', '/[Contact]/12/[Note]', '/Contact/12/Note'],
    ['a parent alone', '/[contacts]/12/notes', '/contacts/12/notes'],
    ['a nested resource by its one name', '/lists/5/[listsContacts]/7', '/lists/5/contacts/7'],
    ['in any spelling', '/mailing-lists/5/[mailingListsMembers]', '/mailing-lists/5/members'],
    ['below a common resource that stands for something else', '/[Contact]/12/[contactsNotes]', '/contacts/12/notes'],
    ['but not below another resource', '/groups/5/[listsContacts]', '/groups/5/listsContacts'],
    ['nor without a parent', '/[listsContacts]', '/listsContacts'],
    ['a nested resource as a template', '/lists/5/[~lists~{id}~contacts]', '/lists/5/contacts'],
    ['a path with a hub', '/[~hubs~crm~contacts]', '/contacts'],
    ['a resource below a literal', '/[accounts~settings]', '/accounts/settings'],
  ])('%s', (_name, written, expected) => expect(path(written)).toBe(expected))

  test('an exact resource at the place wins over a nested one of that name', () => {
    const both = compile(
      elementOf({ resources: [resource('GET', '/lists/{id}/contacts'), resource('GET', '/lists/{id}/listsContacts')] }),
    )
    const mappings = new Map([[2, { vendorName: 'listsContacts' }]])
    expect(vendorPath(both, ['lists', '5', 'x'], mappings)).toBe('/lists/5/listsContacts')
  })
})
