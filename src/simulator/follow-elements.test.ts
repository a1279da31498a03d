import { expect, test } from 'vitest'
import { elementOf } from '../../test/support/engine.ts'
import { createElementFollower } from './follow-elements.ts'

function setUp() {
  const served = new Map<string, string>()
  const follow = createElementFollower(
    {
      put: (element, name = element.key) => {
        served.set(name, element.description)
        return name
      },
      remove: (name) => served.delete(name),
    },
    ['base'],
  )
  const change = (elementId: number, accountId: number, key?: string, description = '') =>
    follow({
      elementId,
      accountId,
      element: key === undefined ? undefined : elementOf({ id: elementId, key, description }),
    })
  return { change, served: () => Object.fromEntries(served) }
}

test('a private element is served under its key, changes there, and goes', () => {
  const { change, served } = setUp()
  change(10_000, 1, 'acme', 'one')
  change(10_000, 1, 'acme', 'two')
  expect(served()).toEqual({ acme: 'two' })
  change(10_000, 1)
  expect(served()).toEqual({})
})

test('keys of shipped elements and of other accounts keep their names', () => {
  const { change, served } = setUp()
  change(10_000, 1, 'acme', 'first')
  change(10_001, 2, 'acme', 'second')
  change(201, 1, 'base', 'extended')
  expect(served()).toEqual({ acme: 'first', 'acme-10001-2': 'second', 'base-201-1': 'extended' })
})

test('keys that are one word of a path are one name', () => {
  const { change, served } = setUp()
  change(10_000, 1, 'acme crm', 'first')
  change(10_001, 1, 'acme-crm', 'second')
  expect(served()).toEqual({ 'acme-crm': 'first', 'acme-crm-10001-1': 'second' })
})

test('a changed key is another name', () => {
  const { change, served } = setUp()
  change(10_000, 1, 'acme')
  change(10_000, 1, 'emca', 'renamed')
  expect(served()).toEqual({ emca: 'renamed' })
})
