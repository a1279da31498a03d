import { expect, test } from 'vitest'
import { cleaned, type FormulaFile, readFormulaFiles, toDocument, toFiles } from './formula-files.ts'

const script = (name: string, body: string) => ({
  ...{ id: 1, name, type: 'script', onSuccess: [], onFailure: [] },
  properties: { body, mimeType: 'application/javascript' },
})
const inner: FormulaFile = { id: 8, name: 'inner', userId: 1, steps: [script('../up', 'done(2)')], configuration: [] }
const outer: FormulaFile = {
  ...{ id: 7, name: 'CRM / mail: 100%', userId: 1, accountId: 2, createdDate: 'x', engine: 'v3' },
  steps: [script('run', 'done(1)'), { id: 2, name: 'call', type: 'formula', properties: { formulaId: 8 } }],
  triggers: [{ id: 3, type: 'manual' }],
  subFormulas: [inner],
}

test('what only the hub needs is left out, the id of the formula stays, sub-formulas are formulas', () => {
  const [first, second, ...others] = cleaned([outer])
  expect(first).toEqual({
    ...{ id: 7, name: 'CRM / mail: 100%', engine: 'v3', triggers: [{ type: 'manual' }] },
    steps: [
      { ...script('run', 'done(1)'), id: undefined },
      { name: 'call', type: 'formula', properties: { formulaId: 8 } },
    ],
  })
  expect(second).toMatchObject({ id: 8, name: 'inner' })
  expect(others).toEqual([])
})

test('a folder for each, whose scripts are files, is the same again', () => {
  const formulas = cleaned([outer])
  const files = toFiles(formulas)
  expect([...files.keys()]).toEqual([
    'CRM %2F mail%3A 100%25/run.js',
    'CRM %2F mail%3A 100%25/formula.json',
    'inner/..%2Fup.js',
    'inner/formula.json',
  ])
  expect(files.get('inner/..%2Fup.js')).toBe('done(2)')
  expect(files.get('inner/formula.json')).not.toContain('done(2)')
  expect(readFormulaFiles(files)).toEqual(formulas)
  expect(readFormulaFiles(new Map(files).set('inner/..%2Fup.js', 'done(3)'))[1]).toMatchObject({
    steps: [{ properties: { body: 'done(3)', mimeType: 'application/javascript' } }],
  })
})

test.each<[string, unknown]>([
  ['one object', inner],
  ['a list', [inner]],
  ['a document', { formulas: [inner] }],
])('read: %s', (_name, value) => {
  expect(readFormulaFiles(new Map([['x/any.json', JSON.stringify(value)]]))).toEqual([inner])
})

test('as the older tools leave it: properties without a body', () => {
  const formula = { name: 'a', steps: [{ name: 'run', type: 'filter', properties: {} }] }
  const files = new Map([
    ['f/a.json', JSON.stringify(formula)],
    ['f/run.js', 'done(true)'],
    ['run.js', 'of another folder'],
  ])
  expect(readFormulaFiles(files)).toEqual([
    { name: 'a', steps: [{ name: 'run', type: 'filter', properties: { body: 'done(true)' } }] },
  ])
})

test.each<[string, [string, string][], string]>([
  ['no JSON', [['a.json', '{']], 'a.json is not valid JSON'],
  ['no formula', [['a.json', '[{"name":"a"},{"steps":[]}]']], 'number 2 is no formula'],
  [
    'two of one name',
    [
      ['a.json', '{"name":"a"}'],
      ['b.json', '{"name":"a"}'],
    ],
    '"a"',
  ],
])('refused: %s', (_name, files, said) => {
  expect(() => readFormulaFiles(new Map(files))).toThrow(
    expect.objectContaining({ code: 'IMPORT_INVALID', message: expect.stringContaining(said) }),
  )
})

test('one document for all of them', () => {
  const formulas = cleaned([outer])
  expect(readFormulaFiles(new Map([['all.json', toDocument(formulas)]]))).toEqual(formulas)
})
