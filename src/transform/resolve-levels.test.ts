import { describe, expect, test } from 'vitest'
import type { ConfigurationEntry, Level, LevelTransformation } from '../model/common-resource.ts'
import { mergeFields, resolveTransformation } from './resolve-levels.ts'

interface Said {
  vendor?: string
  /** path → vendorPath */
  fields?: Record<string, string>
  inherit?: boolean | ConfigurationEntry['properties']
  entries?: ConfigurationEntry[]
  script?: string
  isLegacy?: boolean
}

const passThrough = (fromVendor: boolean, level?: Level): ConfigurationEntry => ({
  type: 'passThrough',
  properties: { fromVendor },
  ...(level && { level }),
})

function said(
  level: Level,
  { vendor, fields = {}, inherit, entries = [], script, isLegacy }: Said,
): LevelTransformation {
  const inherits = inherit && { type: 'inherit', ...(inherit !== true && { properties: inherit }) }
  return {
    level,
    vendorName: vendor,
    isLegacy,
    configuration: [...(inherits ? [inherits] : []), ...entries],
    fields: Object.entries(fields).map(([path, vendorPath]) => ({ path, vendorPath, type: 'string', level })),
    script:
      script === undefined
        ? undefined
        : { body: script, mimeType: 'application/javascript', filterEmptyResponse: false },
  }
}

interface Expected {
  vendor?: string | undefined
  /** `path:vendorPath@level` in order */
  fields?: string[]
  script?: string | undefined
  isLegacy?: boolean
  /** what `passThrough` says about fromVendor */
  passThrough?: boolean | undefined
  types?: string[]
}

const cases: [fact: string, levels: [Level, Said][], expected: Expected][] = [
  [
    'one level stands alone',
    [['organization', { vendor: 'A', fields: { x: 'X' } }]],
    { vendor: 'A', fields: ['x:X@organization'] },
  ],
  [
    'organization replaces system',
    [
      ['system', { vendor: 'S', fields: { x: 'S' } }],
      ['organization', { vendor: 'O', fields: { y: 'O' } }],
    ],
    { vendor: 'O', fields: ['y:O@organization'] },
  ],
  [
    'account replaces organization',
    [
      ['organization', { vendor: 'O', fields: { x: 'O' } }],
      ['account', { vendor: 'A', fields: { x: 'A' } }],
    ],
    { vendor: 'A', fields: ['x:A@account'] },
  ],
  [
    'instance replaces account',
    [
      ['account', { vendor: 'A', fields: { x: 'A' } }],
      ['instance', { vendor: 'I', fields: { x: 'I' } }],
    ],
    { vendor: 'I', fields: ['x:I@instance'] },
  ],
  [
    'instance replaces system over everything between',
    [
      ['system', { fields: { x: 'S' } }],
      ['organization', { fields: { x: 'O' } }],
      ['account', { fields: { x: 'A' } }],
      ['instance', { fields: { x: 'I' } }],
    ],
    { fields: ['x:I@instance'] },
  ],
  [
    'the order in which levels are handed in does not matter',
    [
      ['instance', { fields: { x: 'I' } }],
      ['system', { fields: { x: 'S' } }],
      ['account', { fields: { x: 'A' } }],
    ],
    { fields: ['x:I@instance'] },
  ],
  [
    'an element default is under the system',
    [
      ['system', { vendor: 'D', fields: { d: 'D' } }],
      ['system', { vendor: 'S', fields: { s: 'S' } }],
    ],
    { vendor: 'S', fields: ['s:S@system'] },
  ],
  [
    'a system level that inherits adds to the element default',
    [
      ['system', { vendor: 'D', fields: { d: 'D' } }],
      ['system', { fields: { s: 'S' }, inherit: true }],
    ],
    { vendor: 'D', fields: ['d:D@system', 's:S@system'] },
  ],
  [
    'inherit unions the fields',
    [
      ['organization', { fields: { x: 'O' } }],
      ['account', { fields: { y: 'A' }, inherit: true }],
    ],
    { fields: ['x:O@organization', 'y:A@account'] },
  ],
  [
    'inherit: the narrower level wins on an equal path',
    [
      ['organization', { fields: { x: 'O', y: 'O' } }],
      ['account', { fields: { x: 'A' }, inherit: true }],
    ],
    { fields: ['y:O@organization', 'x:A@account'] },
  ],
  [
    'inherit over three levels',
    [
      ['organization', { fields: { x: 'O', y: 'O' } }],
      ['account', { fields: { y: 'A', z: 'A' }, inherit: true }],
      ['instance', { fields: { z: 'I' }, inherit: true }],
    ],
    { fields: ['x:O@organization', 'y:A@account', 'z:I@instance'] },
  ],
  [
    'inherit reaches over a level that says nothing',
    [
      ['system', { fields: { x: 'S' } }],
      ['instance', { fields: { y: 'I' }, inherit: true }],
    ],
    { fields: ['x:S@system', 'y:I@instance'] },
  ],
  [
    'inherit ends at a level that does not inherit',
    [
      ['organization', { fields: { x: 'O' } }],
      ['account', { fields: { y: 'A' } }],
      ['instance', { fields: { z: 'I' }, inherit: true }],
    ],
    { fields: ['y:A@account', 'z:I@instance'] },
  ],
  [
    'a level between that inherits does not make a narrower one inherit',
    [
      ['organization', { fields: { x: 'O' } }],
      ['account', { fields: { y: 'A' }, inherit: true }],
      ['instance', { fields: { z: 'I' } }],
    ],
    { fields: ['z:I@instance'] },
  ],
  [
    'inherit of the widest level means nothing',
    [['organization', { fields: { x: 'O' }, inherit: true }]],
    { fields: ['x:O@organization'] },
  ],
  [
    'inherit with true in both directions',
    [
      ['organization', { fields: { x: 'O' } }],
      ['account', { inherit: { fromVendor: true, toVendor: true } }],
    ],
    { fields: ['x:O@organization'] },
  ],
  [
    'inherit with bool "true"',
    [
      ['organization', { fields: { x: 'O' } }],
      ['account', { inherit: { bool: 'true' } }],
    ],
    { fields: ['x:O@organization'] },
  ],
  [
    'inherit with bool "false" is off',
    [
      ['organization', { fields: { x: 'O' } }],
      ['account', { inherit: { bool: 'false' } }],
    ],
    { fields: [] },
  ],
  [
    'inherit with false in both directions is off',
    [
      ['organization', { fields: { x: 'O' } }],
      ['account', { inherit: { fromVendor: false, toVendor: false } }],
    ],
    { fields: [] },
  ],
  [
    'inherit with false in one direction is on',
    [
      ['organization', { fields: { x: 'O' } }],
      ['account', { inherit: { fromVendor: false, toVendor: true } }],
    ],
    { fields: ['x:O@organization'] },
  ],
  [
    'an empty narrower level replaces too',
    [
      ['organization', { vendor: 'O', fields: { x: 'O' }, script: 'o' }],
      ['instance', {}],
    ],
    { vendor: 'O', fields: [], script: undefined },
  ],
  [
    'the vendor name is the narrowest one',
    [
      ['organization', { vendor: 'O' }],
      ['account', { vendor: 'A' }],
      ['instance', { vendor: ' ' }],
    ],
    { vendor: 'A' },
  ],
  [
    'no vendor name anywhere',
    [
      ['organization', {}],
      ['account', { inherit: true }],
    ],
    { vendor: undefined },
  ],
  [
    'a replaced level takes its script along',
    [
      ['organization', { script: 'o' }],
      ['account', {}],
    ],
    { script: undefined },
  ],
  [
    'inherit: the script of the narrowest level that has one',
    [
      ['organization', { script: 'o' }],
      ['account', { script: 'a', inherit: true }],
      ['instance', { inherit: true }],
    ],
    { script: 'a' },
  ],
  [
    'inherit: a script without a body is none',
    [
      ['organization', { script: 'o' }],
      ['account', { script: ' ', inherit: true }],
    ],
    { script: 'o' },
  ],
  [
    'inherit: the engine version goes with the script',
    [
      ['organization', { script: 'return 1', isLegacy: true }],
      ['account', { inherit: true, isLegacy: false }],
    ],
    { script: 'return 1', isLegacy: true },
  ],
  [
    'inherit: a new script has its own engine version',
    [
      ['organization', { script: 'return 1', isLegacy: true }],
      ['account', { inherit: true, script: 'done()' }],
    ],
    { script: 'done()', isLegacy: false },
  ],
  [
    'without a script the narrowest level says',
    [
      ['organization', { isLegacy: false }],
      ['account', { inherit: true, isLegacy: true }],
    ],
    { isLegacy: true },
  ],
  [
    'configuration entries of a replaced level are gone',
    [
      ['organization', { entries: [passThrough(false)] }],
      ['account', {}],
    ],
    { passThrough: undefined, types: [] },
  ],
  [
    'inherit: configuration entries are unioned',
    [
      ['organization', { entries: [passThrough(false), { type: 'addToDocumentation' }] }],
      ['account', { inherit: true }],
    ],
    { passThrough: false, types: ['passThrough', 'addToDocumentation', 'inherit'] },
  ],
  [
    'inherit: of two entries of a type the narrower one counts',
    [
      ['organization', { entries: [passThrough(false)] }],
      ['account', { inherit: true, entries: [passThrough(true)] }],
    ],
    { passThrough: true },
  ],
  [
    'entries that came back once per level count once, the narrowest one',
    [
      [
        'organization',
        { entries: [passThrough(true, 'instance'), passThrough(false, 'account'), passThrough(false, 'organization')] },
      ],
    ],
    { passThrough: true, types: ['passThrough'] },
  ],
  [
    'of two entries without a level the later one counts',
    [['organization', { entries: [passThrough(true), passThrough(false)] }]],
    { passThrough: false, types: ['passThrough'] },
  ],
]

describe('levels of a transformation', () => {
  for (const [fact, levels, expected] of cases) {
    test(fact, () => {
      const effective = resolveTransformation(
        'my-partner',
        levels.map(([level, what]) => said(level, what)),
      )
      if (!effective) throw new Error('nothing resolved')
      const found: Expected = {
        vendor: effective.vendorName,
        fields: effective.fields.map(({ path, vendorPath, level }) => `${path}:${vendorPath}@${level}`),
        script: effective.script?.body,
        isLegacy: effective.isLegacy,
        passThrough: effective.configuration.find(({ type }) => type === 'passThrough')?.properties?.[
          'fromVendor'
        ] as never,
        types: effective.configuration.map(({ type }) => type),
      }
      expect(found).toMatchObject(expected)
      expect(effective.objectName).toBe('my-partner')
    })
  }

  test('nothing said anywhere is no transformation', () => {
    expect(resolveTransformation('my-partner', [])).toBeUndefined()
  })

  test('a path that one level maps to two vendor paths stays mapped to both', () => {
    const level = said('organization', {})
    const fields = ['A', 'B'].map((vendorPath) => ({
      path: 'x',
      vendorPath,
      type: 'string',
      level: 'organization' as const,
    }))
    expect(resolveTransformation('my-partner', [{ ...level, fields }])?.fields).toHaveLength(2)
  })

  test('what is handed in stays as it is', () => {
    const levels = [said('instance', { inherit: true, fields: { x: 'I' } }), said('system', { fields: { x: 'S' } })]
    const before = structuredClone(levels)
    resolveTransformation('my-partner', levels)
    expect(levels).toStrictEqual(before)
  })
})

describe('fields of a definition', () => {
  const field = (path: string, level: Level, type = 'string') => ({ path, level, type })

  test('are the union of all levels, the narrower one wins on an equal path, at the place of the first', () => {
    const merged = mergeFields([
      field('a', 'organization'),
      field('b', 'account'),
      field('a', 'instance', 'number'),
      field('b', 'organization', 'number'),
      field('c', 'system'),
    ])
    expect(merged).toStrictEqual([field('a', 'instance', 'number'), field('b', 'account'), field('c', 'system')])
  })

  test('none of none', () => expect(mergeFields([])).toStrictEqual([]))
})
