import { describe, expect, test } from 'vitest'
import { readInstanceBody } from './instances/read-instance-body.ts'
import { readFormula, requireName } from './templates/read-formula.ts'
import { readStep, readVariable } from './templates/read-parts.ts'

describe.each<[string, (name: string) => unknown, string]>([
  ['a formula', (name) => readFormula({ name }), 'name'],
  ['a formula that must have one', (name) => requireName({ name }), 'name'],
  ['an instance', (name) => readInstanceBody({ name }), 'name'],
  ['a step', (name) => readStep({ name, type: 'script' }, 'steps[3]'), 'name of steps[3]'],
  ['a variable', (key) => readVariable({ key, type: 'value' }, 'configuration[0]'), 'key of configuration[0]'],
])('%s', (_, read, named) => {
  test('a name of blanks', () => {
    expect(() => read(' \n')).toThrow(`${named}: expected text that is not empty`)
  })
})

test('HTML alone is no name', () => {
  for (const read of [readFormula, readInstanceBody])
    expect(() => read({ name: '<b> </b>' })).toThrow('name: expected text that is not empty')
})

test('none at all', () => {
  expect(() => requireName({})).toThrow('Missing in the request body: name')
  expect(readFormula({}).name).toBeUndefined()
})
