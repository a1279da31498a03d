import { describe, expect, test } from 'vitest'
import { parentsOf } from './parents.ts'

const step = (objectName: string, parentObjectName?: string) => ({ objectName, parentObjectName })

describe('a step waits for the one whose object its own belongs to', () => {
  test('in any order, in any case', () => {
    const steps = [step('contacts', 'Accounts'), step('accounts'), step('notes', 'contacts')]
    expect(parentsOf(steps)).toEqual([1, undefined, 0])
  })
  test('and never for itself', () => {
    expect(() => parentsOf([step('accounts', 'accounts')])).toThrow('[0].parentObjectName: no other job')
  })
  test('but two do not wait for each other', () => {
    expect(() => parentsOf([step('a', 'b'), step('b', 'a')])).toThrow('would wait for each other')
  })
})
