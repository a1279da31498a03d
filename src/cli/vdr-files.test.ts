import { describe, expect, test } from 'vitest'
import { readFiles, toFiles, type VdrFile } from './vdr-files.ts'

const DOCUMENT: VdrFile = {
  ...{ vdrName: 'my-partner', vdrVersion: 'v2' },
  definition: { objectName: 'my-partner', fields: [{ path: 'code', type: 'string', level: 'organization' }] },
  transformation: {
    sfdc: {
      ...{ elementKey: 'sfdc', vendorName: 'Account', fields: [{ path: 'code', vendorPath: 'Number' }] },
      script: { body: 'done(2)', mimeType: 'application/javascript', level: 'account' },
      scripts: [
        { body: 'done(1)', mimeType: 'application/javascript', level: 'organization' },
        { body: 'done(2)', mimeType: 'application/javascript', level: 'account' },
      ],
    },
    base: { elementKey: 'base', vendorName: 'contacts', fields: [] },
  },
}
const files = (texts: Record<string, unknown>) =>
  new Map(Object.entries(texts).map(([path, text]) => [path, typeof text === 'string' ? text : JSON.stringify(text)]))

test('a document becomes a folder whose scripts are files, and is the same again', () => {
  const folder = toFiles(DOCUMENT)
  expect([...folder.keys()].toSorted()).toEqual([
    'my-partner/definition/objectDefinition.json',
    'my-partner/my-partner.json',
    'my-partner/transformation/base/transformation.json',
    'my-partner/transformation/sfdc/account-script.js',
    'my-partner/transformation/sfdc/organization-script.js',
    'my-partner/transformation/sfdc/transformation.json',
  ])
  expect(folder.get('my-partner/transformation/sfdc/account-script.js')).toBe('done(2)')
  expect(folder.get('my-partner/transformation/sfdc/transformation.json')).not.toContain('done')
  expect(readFiles(folder)).toEqual([DOCUMENT])
})

test('an edited part counts before the whole document beside it', () => {
  const folder = new Map(toFiles(DOCUMENT)).set('my-partner/transformation/sfdc/account-script.js', 'done(3)')
  expect(readFiles(folder)[0]?.transformation['sfdc']).toMatchObject({ script: { body: 'done(3)' } })
})

test('of the whole document beside parts only what they lack', () => {
  const folder = new Map([...toFiles(DOCUMENT)].filter(([path]) => !path.endsWith('.js')))
  expect(readFiles(folder)).toEqual([DOCUMENT])
})

describe('layouts', () => {
  const definition = { fields: [{ path: 'code' }] }
  const mapped = { vendorName: 'Account', fields: [], script: { mimeType: 'application/javascript' } }
  for (const [fact, texts, expected] of [
    [
      'newer, without the whole document and with one script',
      {
        'x/my-partner/definition/objectDefinition.json': definition,
        'x/my-partner/transformation/sfdc/transformation.json': mapped,
        'x/my-partner/transformation/sfdc/script.js': 'done()',
      },
      [{ vdrName: 'my-partner', definition, transformation: { sfdc: { script: { body: 'done()' } } } }],
    ],
    [
      'older, several objects',
      {
        'objectDefinitions/a/objectDefinition.json': definition,
        'objectDefinitions/b/objectDefinition.json': definition,
        'transformations/sfdc/a/transformation.json': { vendorName: 'Account', fields: [] },
        'transformations/sfdc/a/script.js': 'done()',
      },
      [
        { vdrName: 'a', definition, transformation: { sfdc: { script: { body: 'done()' } } } },
        { vdrName: 'b', definition, transformation: {} },
      ],
    ],
    [
      'oldest, a definition named as its file',
      { 'old/a.json': { id: 7, level: 'organization', ...definition } },
      [{ vdrName: 'a', definition }],
    ],
    ['an export', { 'a.json': DOCUMENT }, [DOCUMENT]],
    ['what is none of it', { 'package.json': { name: 'x' }, 'script.js': 'done()' }, []],
  ] as [string, Record<string, unknown>, unknown[]][]) {
    test(fact, () => expect(readFiles(files(texts))).toMatchObject(expected))
  }
})

test('what cannot be read or written is told by its name', () => {
  expect(() => readFiles(files({ 'a.json': '{' }))).toThrow(/^a\.json is not valid JSON/)
  expect(() => readFiles(files({ 'a.json': '[]' }))).toThrow('a.json: expected a JSON object')
  for (const vdrName of ['..', 'a/b', 'a\\b', ''])
    expect(() => toFiles({ ...DOCUMENT, vdrName })).toThrow('name of a file')
  expect(() => toFiles({ ...DOCUMENT, transformation: { '../x': {} } })).toThrow('name of a file')
})
