import { describe, expect, test } from 'vitest'
import { deriveSchema } from './derive-schema.ts'
import { inJavaOrder } from './java-order.ts'
import { modelCsv } from './model-csv.ts'

const date = { type: 'string', format: 'date-time', 'x-mask': "yyyy-MM-dd'T'HH:mm:ss.SSSZ" }

describe('the order of a Java HashMap', () => {
  // by hand: a=97, b=98 … in 16 buckets are 1, 2 …; 'q' is 113 = bucket 1, after 'a' by insertion
  test('is by bucket, then by insertion', () => {
    expect(inJavaOrder(['q', 'b', 'p', 'a'])).toEqual(['p', 'q', 'a', 'b'])
  })

  test('a map of 13 names has 32 buckets', () => {
    const names = [...'abcdefghijklm']
    expect(inJavaOrder([...names.toReversed()])).toEqual(names)
    expect(inJavaOrder(['q', 'a', ...'cdefghijklm'])).toEqual(['a', ...'cdefghijklm', 'q'])
  })

  test('the hash is Java’s: "Aa" and "BB" share one', () => {
    expect(inJavaOrder(['BB', 'Aa'])).toEqual(['BB', 'Aa'])
    expect(inJavaOrder(['Aa', 'BB'])).toEqual(['Aa', 'BB'])
  })
})

describe('definitions of a sample (spec 23 §C4)', () => {
  for (const [fact, sample, expected] of [
    [
      'an object has no type; values show themselves',
      { a: 'x', b: true, c: 12, d: 1.5, e: 3_000_000_000, f: '2018-08-28T10:00:00.000Z', g: null },
      {
        m: {
          title: 'm',
          'x-has-customfields': false,
          properties: {
            a: { type: 'string', 'x-samplevalue': 'x' },
            b: { type: 'boolean', 'x-samplevalue': true },
            c: { type: 'integer', format: 'int32', 'x-samplevalue': 12 },
            d: { type: 'number', format: 'double', 'x-samplevalue': 1.5 },
            e: { type: 'integer', format: 'int64', 'x-samplevalue': 3_000_000_000 },
            f: { ...date, 'x-samplevalue': '2018-08-28T10:00:00.000Z' },
            g: { type: 'string' },
          },
        },
      },
    ],
    [
      'an array has a definition of its items',
      [{ a: 1 }, { b: 2 }],
      {
        m: { type: 'array', items: { type: 'mObject' } },
        mObject: {
          title: 'mObject',
          type: 'object',
          'x-has-customfields': false,
          properties: { a: { type: 'integer', format: 'int32', 'x-samplevalue': 1 } },
        },
      },
    ],
    [
      'objects and lists of objects are definitions; of lists without a type',
      { one: { id: 1 }, many: [{ id: 2 }], numbers: [1, 2] },
      {
        m: {
          title: 'm',
          'x-has-customfields': false,
          properties: {
            one: { type: 'one' },
            many: { type: 'array', items: { type: 'many' } },
            numbers: { type: 'array', items: { type: 'integer' }, 'x-samplevalue': [1, 2] },
          },
        },
        one: {
          title: 'one',
          type: 'object',
          'x-has-customfields': false,
          properties: { id: { type: 'integer', format: 'int32', 'x-samplevalue': 1 } },
        },
        many: {
          title: 'many',
          'x-has-customfields': false,
          properties: { id: { type: 'integer', format: 'int32', 'x-samplevalue': 2 } },
        },
      },
    ],
    [
      'an empty list and an empty object are allowed',
      [],
      { m: { type: 'array', items: { type: 'string' }, 'x-samplevalue': [] } },
    ],
  ] as const) {
    test(fact, () => expect(deriveSchema('m', sample)).toEqual(expected))
  }

  test('a name that is taken is glued to its parent’s, in the order of a HashMap', () => {
    // 'currency' comes before 'terms' in 16 buckets, whatever the payload says
    const sample = { terms: { type: { a: 1 } }, currency: { type: { b: 1 } } }
    const order = inJavaOrder(['terms', 'currency'])
    const [first = '', second = ''] = order
    const definitions = deriveSchema('m', sample)
    expect(definitions[first]).toMatchObject({ properties: { type: { type: 'type' } } })
    expect(definitions[second]).toMatchObject({ properties: { type: { type: `${second}type` } } })
    expect(definitions[`${second}type`]).toMatchObject({ title: 'type' })
  })

  test('many of the same name are counted, fast', () => {
    const sample = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, index) => [`p${index}`, { q: { a: { x: 1 } } }]),
    )
    const began = Date.now()
    const names = Object.keys(deriveSchema('m', sample))
    expect(new Set(names).size).toBe(60_001)
    expect(Date.now() - began).toBeLessThan(3_000)
  })

  test('names such as __proto__ are names', () => {
    const definitions = deriveSchema('m', JSON.parse('{"__proto__": {"a": 1}, "constructor": {"b": 2}}'))
    expect(Object.keys(definitions).toSorted()).toEqual(['__proto__', 'constructor', 'm'])
    expect(Object.prototype).not.toHaveProperty('a')
  })
})

describe('CSV of a model', () => {
  const sample = { id: 1, at: '2018-08-28T10:00:00Z', tags: ['a,b'], list: { row: [{ unit: { id: 7 } }] } }

  test('has one row for each leaf, in the given columns', () => {
    const [head = '', ...rows] = modelCsv('m', deriveSchema('m', sample)).trim().split('\n')
    expect(head.split(',').slice(0, 10)).toEqual(
      'sampleValue,name,type,format,subFormat,displayName,description,request,response,defaultValue'.split(','),
    )
    expect(head.split(',')).toHaveLength(30)
    expect(rows.toSorted()).toEqual(
      [
        `1,id,integer,int32,,,,true,true,,,,,false,,,,,,,false,false,false,false,,,,,,`,
        `7,list.row[*].unit.id,integer,int32,,,,true,true,,,,,false,,,,,,,false,false,false,false,,,,,,`,
        `"[""a,b""]",tags,array-string,,,,,true,true,,,,,false,,,,,,,false,false,false,false,,,,,,`,
        `2018-08-28T10:00:00Z,at,string,date-time,,,,true,true,,,,,false,,,yyyy-MM-dd'T'HH:mm:ss.SSSZ,,,,false,false,false,false,,,,,,`,
      ].toSorted(),
    )
  })

  test('refuses definitions that go round in a circle, or multiply', () => {
    const circle = { m: { properties: { m: { type: 'm' } } } }
    expect(() => modelCsv('m', circle)).toThrow('circle')
    const doubling = Object.fromEntries(
      Array.from({ length: 40 }, (_, at) => [
        `d${at}`,
        { properties: { a: { type: `d${at + 1}` }, b: { type: `d${at + 1}` }, c: {} } },
      ]),
    )
    expect(() => modelCsv('d0', doubling)).toThrow('fields')
    expect(() => modelCsv('nope', circle)).toThrow('no definition')
  })
})
