import { describe, expect, test } from 'vitest'
import type { ConfigurationEntry, EffectiveTransformation, MappedField } from '../model/common-resource.ts'
import { compileMapping } from './compile-mapping.ts'
import type { Mapping } from './mapping.ts'

type Row = [path: string, vendorPath: string | undefined, more?: Partial<MappedField>]

const only: ConfigurationEntry = { type: 'passThrough', properties: { fromVendor: false, toVendor: false } }

function transformation(rows: readonly Row[], configuration: ConfigurationEntry[] = [only]): EffectiveTransformation {
  return {
    objectName: 'my-partner',
    vendorName: 'Account',
    isLegacy: false,
    configuration,
    fields: rows.map(([path, vendorPath, more]) => ({
      path,
      type: 'untyped',
      vendorPath,
      level: 'organization',
      ...more,
    })),
    script: undefined,
  }
}

function mapping(rows: readonly Row[], configuration?: ConfigurationEntry[]): Mapping {
  return compileMapping(transformation(rows, configuration))
}

function configured(...configuration: ConfigurationEntry[]): Partial<MappedField> {
  return { configuration }
}

describe('paths, both directions, unmapped removed', () => {
  const cases: [fact: string, rows: Row[], vendor: unknown, common: unknown][] = [
    ['nested', [['first', 'properties.firstname']], { properties: { firstname: 'Ada' } }, { first: 'Ada' }],
    [
      'nested on both sides',
      [
        ['home.town', 'Address.City'],
        ['home.zip', 'Address.PostalCode'],
      ],
      { Address: { City: 'Leeds', PostalCode: 'LS1' } },
      { home: { town: 'Leeds', zip: 'LS1' } },
    ],
    [
      'lists, index by index, several fields zipped into the same elements',
      [
        ['item[*].amount', 'line[*].amount'],
        ['item[*].sku', 'line[*].product.code'],
      ],
      { line: [{ amount: 1, product: { code: 'a' } }, { amount: 2 }] },
      { item: [{ amount: 1, sku: 'a' }, { amount: 2 }] },
    ],
    [
      'lists at different depths',
      [['item[*].id', 'itemList.item[*].item.internalId']],
      { itemList: { item: [{ item: { internalId: 7 } }, { item: { internalId: 8 } }] } },
      { item: [{ id: 7 }, { id: 8 }] },
    ],
    [
      'lists in lists',
      [['orders[*].lines[*].sku', 'Orders[*].Lines[*].Sku']],
      { Orders: [{ Lines: [{ Sku: 'a' }, { Sku: 'b' }] }, { Lines: [] }] },
      { orders: [{ lines: [{ sku: 'a' }, { sku: 'b' }] }, { lines: [] }] },
    ],
    [
      'a list copied whole',
      [['users', 'Users[*]']],
      { Users: [{ Nick: 'a' }, 'b', 3] },
      { users: [{ Nick: 'a' }, 'b', 3] },
    ],
    [
      'a list copied whole into a list',
      [['anotherUser[*]', 'Users[*]']],
      { Users: [{ Nick: 'a' }] },
      { anotherUser: [{ Nick: 'a' }] },
    ],
    ['scalars out of objects', [['tags[*]', 'a.b[*].c']], { a: { b: [{ c: 'x' }, { c: 'y' }] } }, { tags: ['x', 'y'] }],
    ['a list of the values', [['first', 'a.b[*].c']], { a: { b: [{ c: 'x' }, { c: 'y' }] } }, { first: ['x', 'y'] }],
    ['lists of scalars in lists', [['r[*].t[*]', 'R[*].T[*]']], { R: [{ T: [1, 2] }] }, { r: [{ t: [1, 2] }] }],
    [
      'lists of lists',
      [['m[*][*].a', 'M[*][*].A']],
      { M: [[{ A: 1 }], [{ A: 2 }, { A: 3 }]] },
      { m: [[{ a: 1 }], [{ a: 2 }, { a: 3 }]] },
    ],
    ['one element', [['mainId', 'products[0].id']], { products: [{ id: 5 }] }, { mainId: 5 }],
    [
      'one element further down',
      [['twitter', 'handles.crm[0].uuid']],
      { handles: { crm: [{ uuid: 'u' }] } },
      { twitter: 'u' },
    ],
    [
      'the element of an id',
      [['name4', 'Products[id=4].name']],
      { Products: [{ id: 4, name: 'four' }] },
      { name4: 'four' },
    ],
    [
      'the element that a filter finds',
      [['name2', 'Products[?(@.id==2)].name']],
      { Products: [{ id: 2, name: 'two' }] },
      { name2: 'two' },
    ],
    [
      'a filter that looks deeper',
      [['flagged', 'details.Products[?(@.flags.on==true)].id']],
      { details: { Products: [{ flags: { on: true }, id: 9 }] } },
      { flagged: 9 },
    ],
    [
      'names of all kinds',
      [
        ['a', 'X-Id'],
        ['b', '$ref'],
        ['c', 'soap:Body.p:name'],
        ['d', 'Full Name'],
        ['e', '名前'],
      ],
      { 'X-Id': 1, $ref: 2, 'soap:Body': { 'p:name': 3 }, 'Full Name': 4, 名前: 5 },
      { a: 1, b: 2, c: 3, d: 4, e: 5 },
    ],
  ]
  for (const [fact, rows, vendor, common] of cases) {
    test(`${fact}: from the vendor`, () => expect(mapping(rows).fromVendor(vendor)).toStrictEqual(common))
    test(`${fact}: to the vendor`, () => expect(mapping(rows).toVendor(common)).toStrictEqual(vendor))
  }
})

describe('paths, one direction', () => {
  const cases: [fact: string, rows: Row[], given: unknown, expected: unknown][] = [
    [
      'the first element that satisfies',
      [['x', 'P[?(@.id==2)].n']],
      {
        P: [
          { id: 1, n: 'a' },
          { id: '2', n: 'b' },
          { id: 2, n: 'c' },
        ],
      },
      { x: 'b' },
    ],
    ['no element that satisfies', [['x', 'P[id=9].n']], { P: [{ id: 1, n: 'a' }] }, {}],
    ['the length', [['count', 'Products[*].size()']], { Products: [1, 2, 3] }, { count: 3 }],
    ['the length without a star', [['count', 'Products.size()']], { Products: [] }, { count: 0 }],
    ['no length of nothing', [['count', 'Products[*].size()']], {}, {}],
    [
      'a length for each',
      [['o[*].n', 'O[*].L[*].size()']],
      { O: [{ L: [1] }, { L: [1, 2] }] },
      { o: [{ n: 1 }, { n: 2 }] },
    ],
    ['a list of lengths', [['n', 'O[*].L[*].size()']], { O: [{ L: [1] }, { L: [1, 2] }] }, { n: [1, 2] }],
    [
      'values of lists in lists in one list',
      [['skus', 'O[*].L[*].s']],
      { O: [{ L: [{ s: 'a' }] }, { L: [{ s: 'b' }, {}] }] },
      { skus: ['a', 'b'] },
    ],
    [
      'lists of values in elements',
      [['o[*].skus', 'O[*].L[*].s']],
      { O: [{ L: [{ s: 'a' }] }, { L: [{ s: 'b' }] }] },
      { o: [{ skus: ['a'] }, { skus: ['b'] }] },
    ],
    [
      'an object where a list should be',
      [['item[*].amount', 'line[*].amount']],
      { line: { amount: 1 } },
      { item: [{ amount: 1 }] },
    ],
    [
      'elements without a value keep their place',
      [['item[*].a', 'line[*].a']],
      { line: [{}, { a: 1 }, null, 5] },
      { item: [{}, { a: 1 }, {}, {}] },
    ],
    [
      'scalars without a value do not',
      [['tags[*]', 'b[*].c']],
      { b: [{ c: 1 }, {}, { c: null }, { c: 2 }] },
      { tags: [1, 2] },
    ],
    ['an empty list is one', [['item[*].a', 'line[*].a']], { line: [] }, { item: [] }],
    [
      'two lists into one',
      [
        ['i[*].a', 'A[*].x'],
        ['i[*].b', 'B[*].x'],
      ],
      { A: [{ x: 1 }], B: [{ x: 2 }, { x: 3 }] },
      { i: [{ a: 1, b: 2 }, { b: 3 }] },
    ],
    [
      'one list into two',
      [
        ['i.a[*].x', 'A[*].x'],
        ['j[*].y', 'A[*].y'],
      ],
      { A: [{ x: 1, y: 2 }] },
      { i: { a: [{ x: 1 }] }, j: [{ y: 2 }] },
    ],
    ['a name with dots wins over nesting', [['x', 'a.b']], { 'a.b': 1, a: { b: 2 } }, { x: 1 }],
    ['also further down', [['x', 'p.a.b']], { p: { 'a.b': 1, a: { b: 2 } } }, { x: 1 }],
    [
      'also before a list',
      [['x[*].c', 'a.b[*].c']],
      { 'a.b': [{ c: 1 }], a: { b: [{ c: 2 }, { c: 3 }] } },
      { x: [{ c: 1 }] },
    ],
    ['only where there is one', [['x', 'a.b']], { 'a.c': 1, a: { b: 2 } }, { x: 2 }],
    ['a path through a scalar', [['x', 'a.b.c']], { a: 'text' }, {}],
    ['a path through a list without a star', [['x', 'a.length']], { a: [1] }, {}],
    [
      'names of every object',
      [
        ['x', 'constructor.name'],
        ['y', 'toString'],
        ['z', '__proto__.a'],
      ],
      {},
      {},
    ],
    [
      'a value and something inside of it',
      [
        ['a', 'A'],
        ['a.b', 'B'],
      ],
      { A: 1, B: 2 },
      { a: { b: 2 } },
    ],
    [
      'of two sources the last one with a value',
      [
        ['a', 'X'],
        ['a', 'Y'],
        ['a', 'Z'],
      ],
      { X: 1, Y: 2, Z: null },
      { a: 2 },
    ],
    ['quotes in brackets are a name', [['x', "a['b.c'].d"]], { a: { 'b.c': { d: 1 } } }, { x: 1 }],
    [
      'brackets that mean nothing are part of a name',
      [
        ['x', 'a[b'],
        ['y', 'c[d!]'],
      ],
      { 'a[b': 1, 'c[d!]': 2 },
      { x: 1, y: 2 },
    ],
    [
      'a dot too many',
      [
        ['anotherUser[*].', 'Users[*]'],
        ['.b..c', 'B'],
      ],
      { Users: [1], B: 2 },
      { anotherUser: [1], b: { c: 2 } },
    ],
  ]
  for (const [fact, rows, given, expected] of cases) {
    test(fact, () => expect(mapping(rows).fromVendor(given)).toStrictEqual(expected))
  }

  const written: [fact: string, rows: Row[], given: unknown, expected: unknown][] = [
    ['a list is spread', [['first', 'a[*].c']], { first: [1, 2] }, { a: [{ c: 1 }, { c: 2 }] }],
    ['one value makes a list of one', [['first', 'a[*].c']], { first: 1 }, { a: [{ c: 1 }] }],
    ['one value for a list', [['first', 'a[*]']], { first: 1 }, { a: [1] }],
    [
      'places before the written one are filled',
      [
        ['x', 'a[2].b'],
        ['y', 'c[1]'],
      ],
      { x: 1, y: 2 },
      { a: [{}, {}, { b: 1 }], c: [null, 2] },
    ],
    [
      'elements of conditions are found again',
      [
        ['n', 'P[id=4].name'],
        ['p', 'P[id=4].price'],
        ['q', 'P[id=5].name'],
      ],
      { n: 'a', p: 1, q: 'b' },
      {
        P: [
          { id: 4, name: 'a', price: 1 },
          { id: 5, name: 'b' },
        ],
      },
    ],
    ['no element without a value', [['n', 'P[id=4].name']], {}, {}],
    ['no element for a condition that says only what is not', [['n', 'P[?(@.id!=4)].name']], { n: 'a' }, {}],
    [
      'conditions with several parts',
      [['n', "P[?(@.kind=='home' && @.no==2)].v"]],
      { n: 'a' },
      { P: [{ kind: 'home', no: 2, v: 'a' }] },
    ],
    ['a length is not written', [['n', 'P[*].size()']], { n: 3 }, {}],
    [
      'a place that is too far is not written',
      [
        ['n', 'a[999999999].b'],
        ['m', 'a[1000]'],
      ],
      { n: 3, m: 4 },
      {},
    ],
    [
      'nor the prototype',
      [
        ['n', '__proto__.polluted'],
        ['m', 'a.__proto__.b'],
        ['o', 'P[__proto__=1].c'],
      ],
      { n: 1, m: 2, o: 3 },
      {},
    ],
  ]
  for (const [fact, rows, given, expected] of written) {
    test(`to the vendor: ${fact}`, () => {
      expect(mapping(rows).toVendor(given)).toStrictEqual(expected)
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    })
  }

  test('to the vendor: a constructor is a name like others', () => {
    const written = mapping([['n', 'constructor.prototype.x']]).toVendor({ n: 1 })
    expect(JSON.stringify(written)).toBe('{"constructor":{"prototype":{"x":1}}}')
    expect(Object.getPrototypeOf(written)).toBe(Object.prototype)
  })
})

describe('unmapped members', () => {
  const cases: [fact: string, rows: Row[], given: unknown, expected: unknown][] = [
    ['stay, beside what is renamed', [['id', 'Id']], { Id: 1, Rating: 'hot' }, { id: 1, Rating: 'hot' }],
    [
      'stay in objects that are mapped in part',
      [['town', 'Address.City']],
      { Address: { City: 'Leeds', Zip: 1 } },
      { town: 'Leeds', Address: { Zip: 1 } },
    ],
    ['leave no empty object', [['town', 'A.B.City']], { A: { B: { City: 'Leeds' } }, E: {} }, { town: 'Leeds', E: {} }],
    [
      'stay in elements',
      [['item[*].a', 'line[*].A']],
      { line: [{ A: 1, B: 2 }, { A: 3 }] },
      { item: [{ a: 1 }, { a: 3 }], line: [{ B: 2 }, {}] },
    ],
    [
      'share the list that is written',
      [['line[*].a', 'line[*].A']],
      { line: [{ A: 1, B: 2 }, { A: 3 }] },
      { line: [{ B: 2, a: 1 }, { a: 3 }] },
    ],
    [
      'leave no empty list',
      [['item[*].a', 'line[*].A']],
      { line: [{ A: 1 }, { A: 3 }] },
      { item: [{ a: 1 }, { a: 3 }] },
    ],
    [
      'stay in a list that is copied whole',
      [
        ['users', 'Users[*]'],
        ['users[*].nick', 'Users[*].Nick'],
      ],
      { Users: [{ Nick: 'a', Age: 5 }, 7] },
      { users: [{ Nick: 'a', Age: 5, nick: 'a' }, 7] },
    ],
    [
      'stay in an object that is written',
      [['address.city', 'City']],
      { City: 'Leeds', address: { zip: 1 } },
      { address: { zip: 1, city: 'Leeds' } },
    ],
    ['give way to mapped ones', [['name', 'Name']], { Name: 'a', name: 'b' }, { name: 'a' }],
    [
      'a list mapped by place or condition stays',
      [
        ['x', 'a[0].b'],
        ['y', 'c[id=1].d'],
        ['z', 'e.size()'],
      ],
      { a: [{ b: 1 }], c: [{ id: 1, d: 2 }], e: [3] },
      { x: 1, y: 2, z: 1, a: [{ b: 1 }], c: [{ id: 1, d: 2 }], e: [3] },
    ],
    [
      'a mapped list with dots in its name is mapped',
      [['l[*].x', 'a.b[*].c']],
      { 'a.b': [{ c: 1, d: 2 }] },
      { l: [{ x: 1 }], 'a.b': [{ d: 2 }] },
    ],
    ['a mapped name with dots is mapped', [['x', 'a.b']], { 'a.b': 1, a: { c: 2 } }, { x: 1, a: { c: 2 } }],
    ['mapped null is no member, unmapped null is', [['id', 'Id']], { Id: null, Rating: null }, { Rating: null }],
  ]
  for (const [fact, rows, given, expected] of cases) {
    test(fact, () => expect(mapping(rows, []).fromVendor(given)).toStrictEqual(expected))
  }

  test('are removed from lists that are copied whole, as far as fields name what is in them', () => {
    const rows: Row[] = [
      ['users', 'Users[*]'],
      ['users[*].nick', 'Users[*].Nick'],
    ]
    expect(mapping(rows).fromVendor({ Users: [{ Nick: 'a', Age: 5 }, { Age: 6 }, 7] })).toStrictEqual({
      users: [{ nick: 'a' }, {}, 7],
    })
  })

  test('each direction for itself', () => {
    const entry = { type: 'passThrough', properties: { fromVendor: false, toVendor: true } }
    const both = mapping([['id', 'Id']], [entry])
    expect(both.fromVendor({ Id: 1, a: 2 })).toStrictEqual({ id: 1 })
    expect(both.toVendor({ id: 1, a: 2 })).toStrictEqual({ Id: 1, a: 2 })
  })

  test('a mapping without fields changes nothing', () => {
    expect(mapping([], []).fromVendor({ a: { b: 1 } })).toStrictEqual({ a: { b: 1 } })
    expect(mapping([]).fromVendor({ a: { b: 1 } })).toStrictEqual({})
  })
})

describe('configuration of a field', () => {
  const remove = (properties: ConfigurationEntry['properties']) => configured({ type: 'remove', properties })

  test('remove drops it in one direction, or in both', () => {
    const one = mapping([['id', 'Id', remove({ fromVendor: true, toVendor: false })]], [])
    expect(one.fromVendor({ Id: 1, a: 2 })).toStrictEqual({ a: 2 })
    expect(one.toVendor({ id: 1 })).toStrictEqual({ Id: 1 })
    const both = mapping([['id', 'Id', remove(null)]], [])
    expect([both.fromVendor({ Id: 1 }), both.toVendor({ id: 1 })]).toStrictEqual([{}, {}])
  })

  test('a field without a vendor path is removed by its own name', () => {
    expect(mapping([['id', undefined, remove({ toVendor: true })]], []).toVendor({ id: 1, a: 2 })).toStrictEqual({
      a: 2,
    })
  })

  test('passThrough false drops it, true means nothing', () => {
    const entry = { type: 'passThrough', properties: { fromVendor: false, toVendor: true } }
    const field = mapping([['id', 'Id', configured(entry)]], [])
    expect(field.fromVendor({ Id: 1 })).toStrictEqual({})
    expect(field.toVendor({ id: 1 })).toStrictEqual({ Id: 1 })
  })

  const byDefault = (properties: ConfigurationEntry['properties'], more: Partial<MappedField> = {}) => ({
    ...configured({ type: 'defaultValue', properties }),
    ...more,
  })

  test('defaultValue stands for undefined and null, not for empty texts', () => {
    const field = mapping([['status', 'Status', byDefault({ toVendor: 'NEW' })]])
    expect(field.toVendor({})).toStrictEqual({ Status: 'NEW' })
    expect(field.toVendor({ status: null })).toStrictEqual({ Status: 'NEW' })
    expect(field.toVendor({ status: '' })).toStrictEqual({ Status: '' })
    expect(field.fromVendor({})).toStrictEqual({})
  })

  test('defaultValue has the type of the side it is written to', () => {
    const rows: Row[] = [
      ['a', 'A', byDefault({ toVendor: '7' }, { type: 'string', vendorType: 'number' })],
      ['b', 'B', byDefault({ toVendor: '7' }, { type: 'number' })],
      ['c', 'C', byDefault({ fromVendor: 'TRUE' }, { type: 'boolean' })],
      ['d', 'D', byDefault({ toVendor: 7 }, { vendorType: 'string' })],
    ]
    expect(mapping(rows).toVendor({})).toStrictEqual({ A: 7, B: 7, D: '7' })
    expect(mapping(rows).fromVendor({})).toStrictEqual({ c: true })
  })

  test('defaultValue makes nested places, elements that are there, and the one of a list that is spread', () => {
    const rows: Row[] = [
      ['a', 'vendorRef.value', byDefault({ toVendor: 'x' })],
      ['i[*].b', 'I[*].B', byDefault({ toVendor: 'y' })],
      ['c', 'S[*].v', byDefault({ toVendor: 'z' })],
      ['t', 'T[*]', byDefault({ toVendor: 'w' })],
    ]
    expect(mapping(rows).toVendor({ i: [{}, { b: 1 }] })).toStrictEqual({
      vendorRef: { value: 'x' },
      I: [{ B: 'y' }, { B: 1 }],
      S: [{ v: 'z' }],
      T: ['w'],
    })
    expect(mapping(rows).toVendor({})).toStrictEqual({ vendorRef: { value: 'x' }, S: [{ v: 'z' }], T: ['w'] })
  })

  test('a field without a vendor path can have a default on the common side', () => {
    expect(mapping([['origin', undefined, byDefault({ fromVendor: 'crm' })]]).fromVendor({})).toStrictEqual({
      origin: 'crm',
    })
  })

  test('a real value of another field for the same place wins over a default', () => {
    const rows: Row[] = [
      ['a', 'A', byDefault({ fromVendor: 'none' })],
      ['a', 'B'],
    ]
    expect(mapping(rows).fromVendor({ B: 1 })).toStrictEqual({ a: 1 })
    expect(mapping(rows.toReversed()).fromVendor({ B: 1 })).toStrictEqual({ a: 1 })
  })

  test('transformDate reformats in both directions; a side without a mask has ISO 8601', () => {
    const date = (properties: Record<string, string>) => configured({ type: 'transformDate', properties })
    const both = mapping([['d', 'D', date({ pattern: 'yyyy-MM-dd', vendorPattern: 'MM/dd/yyyy' })]])
    expect(both.fromVendor({ D: '05/06/2020' })).toStrictEqual({ d: '2020-05-06' })
    expect(both.toVendor({ d: '2020-05-06' })).toStrictEqual({ D: '05/06/2020' })
    expect(both.fromVendor({ D: 'soon' })).toStrictEqual({ d: 'soon' })
    const vendorOnly = mapping([['d', 'D', date({ vendorPattern: 'milliseconds' })]])
    expect(vendorOnly.fromVendor({ D: 1588755600000 })).toStrictEqual({ d: '2020-05-06T09:00:00Z' })
    expect(vendorOnly.toVendor({ d: '2020-05-06T11:00:00+02:00' })).toStrictEqual({ D: 1588755600000 })
    const day = mapping([['d', 'D', date({ vendorPattern: 'yyyyMMdd' })]])
    expect(day.fromVendor({ D: '20200506' })).toStrictEqual({ d: '2020-05-06' })
    expect(day.fromVendor({ D: 20200506 })).toStrictEqual({ d: '2020-05-06' })
  })

  test('transformDate with a mask that cannot be read changes nothing', () => {
    const properties = { pattern: 'odd letters', vendorPattern: 'MM/dd/yyyy' }
    const field = mapping([['d', 'D', configured({ type: 'transformDate', properties })]])
    expect(field.fromVendor({ D: '05/06/2020' })).toStrictEqual({ d: '05/06/2020' })
    expect(field.toVendor({ d: '05/06/2020' })).toStrictEqual({ D: '05/06/2020' })
  })

  test('what is unknown, empty or malformed means nothing', () => {
    const entry = { type: 'shine', properties: { fromVendor: true } }
    const odd = { type: 'transformDate', properties: { pattern: 'unknown letters', vendorPattern: 5 } }
    const rows: Row[] = [['id', 'Id', configured(entry, odd as ConfigurationEntry, { type: 'defaultValue' })]]
    expect(mapping(rows).fromVendor({ Id: 1 })).toStrictEqual({ id: 1 })
  })
})

describe('types', () => {
  test('the type of the target counts: type from the vendor, vendorType to it', () => {
    const typed = mapping([['a', 'A', { type: 'number', vendorType: 'string' }]])
    expect(typed.fromVendor({ A: '7' })).toStrictEqual({ a: 7 })
    expect(typed.fromVendor({ A: '001D000001ABCdefGHI' })).toStrictEqual({ a: '001D000001ABCdefGHI' })
    expect(typed.toVendor({ a: 7 })).toStrictEqual({ A: '7' })
    expect(mapping([['a', 'A', { type: 'number' }]]).toVendor({ a: '7' })).toStrictEqual({ A: '7' })
  })

  test('elements are converted one by one', () => {
    const rows: Row[] = [
      ['a[*]', 'A[*].v', { type: 'number' }],
      ['b', 'B', { type: 'array[number]' }],
      ['c[*].n', 'C[*].n', { type: 'number' }],
    ]
    expect(mapping(rows).fromVendor({ A: [{ v: '1' }], B: ['2', 'x', null], C: [{ n: '3' }] })).toStrictEqual({
      a: [1],
      b: [2, 'x', null],
      c: [{ n: 3 }],
    })
    expect(mapping(rows).fromVendor({ B: '2' })).toStrictEqual({ b: [2] })
  })

  test('a mask as type is a date on that side', () => {
    const old = mapping([['d', 'D', { type: 'MM/dd/yyy', vendorType: 'milliseconds' }]])
    expect(old.fromVendor({ D: 1588755600000 })).toStrictEqual({ d: '05/06/2020' })
    expect(old.toVendor({ d: '05/06/2020' })).toStrictEqual({ D: Date.UTC(2020, 4, 6) })
    const iso = mapping([['d', 'D', { type: 'dd/MM/yyy', vendorType: 'string' }]])
    expect(iso.fromVendor({ D: '2020-05-06T23:00:00Z' })).toStrictEqual({ d: '06/05/2020' })
    expect(iso.toVendor({ d: '06/05/2020' })).toStrictEqual({ D: '2020-05-06' })
  })

  const address = transformation([['town', 'City']])
  const person: EffectiveTransformation = transformation(
    [
      ['home', 'Home', { type: 'addressInfo' }],
      ['others', 'Others', { type: 'array[addressInfo]' }],
      ['boss', 'Boss', { type: 'person' }],
      ['pet', 'Pet', { type: 'petInfo' }],
    ],
    [],
  )
  const nested = (name: string): Mapping | undefined =>
    ({ addressInfo: compileMapping(address), person: compileMapping(person, nested) })[name]

  test('the name of a definition as type maps objects by its own transformation, otherwise they are copied', () => {
    const common = {
      home: { town: 'Leeds' },
      others: [{ town: 'Oslo' }],
      boss: { home: { town: 'Rome' } },
      pet: { Name: 'Rex' },
    }
    const vendor = {
      Home: { City: 'Leeds' },
      Others: [{ City: 'Oslo' }],
      Boss: { Home: { City: 'Rome' } },
      Pet: { Name: 'Rex' },
    }
    const compiled = compileMapping(person, nested)
    expect(compiled.fromVendor(vendor)).toStrictEqual(common)
    expect(compiled.toVendor(common)).toStrictEqual(vendor)
    expect(compiled.fromVendor({ Home: 'none', Others: { City: 'Oslo' } })).toStrictEqual({
      home: 'none',
      others: [{ town: 'Oslo' }],
    })
  })
})

describe('null', () => {
  const rows: Row[] = [
    ['a', 'A'],
    ['b.c', 'B.C'],
    ['l[*].x', 'L[*].X'],
  ]
  const vendor = { A: null, B: { C: null }, L: [{ X: null }], other: null }

  test('is no member', () => expect(mapping(rows).fromVendor(vendor)).toStrictEqual({ l: [{}] }))
  test('stays where nulls are kept, unmapped ones do not', () =>
    expect(mapping(rows).fromVendor(vendor, true)).toStrictEqual({ a: null, b: { c: null }, l: [{ x: null }] }))
})

test('several lists into one, beside what is there', () => {
  const rows: Row[] = [
    ['l[*].a', 'A[*].x'],
    ['l[*].b.c', 'B[*]'],
    ['l[*].d', 'D[*].deep.y'],
  ]
  const vendor = { A: [{ x: 1, rest: 1 }], B: [2, 3], D: { deep: { y: 4 } }, l: [{ e: 5 }, null, { e: 6 }] }
  expect(mapping(rows, []).fromVendor(vendor)).toStrictEqual({
    A: [{ rest: 1 }],
    l: [{ e: 5, a: 1, b: { c: 2 }, d: 4 }, { b: { c: 3 } }, { e: 6 }],
  })
})

test('anything but an object comes back as it is', () => {
  for (const value of [undefined, null, 'text', 5, true, [{ Id: 1 }]]) {
    expect(mapping([['id', 'Id']]).fromVendor(value)).toBe(value)
  }
})

describe('queries', () => {
  const date = configured({ type: 'transformDate', properties: { pattern: 'yyyy-MM-dd', vendorPattern: 'MM/dd/yyyy' } })
  const query = mapping([
    ['code', 'AccountNumber'],
    ['sites[*].city', 'Sites[*].Address.City'],
    ['since', 'Since', { type: 'date', ...date }],
    ['stamp', 'Stamp', { type: 'yyyy-MM-dd', vendorType: 'milliseconds' }],
    ['open', undefined],
  ])
  for (const [name, expected] of [
    ['code', 'AccountNumber'],
    ['sites[*].city', 'Sites[*].Address.City'],
    ['sites.city', 'Sites[*].Address.City'],
    ['Code', 'Code'],
    ['open', 'open'],
    ['constructor', 'constructor'],
  ] as const) {
    test(`${name} is ${expected} there`, () => expect(query.vendorAttribute(name)).toBe(expected))
  }
  for (const [name, text, expected] of [
    ['since', '2020-05-06', '05/06/2020'],
    ['since', 'soon', 'soon'],
    ['stamp', '2020-05-06', String(Date.UTC(2020, 4, 6))],
    ['code', '2020-05-06', '2020-05-06'],
    ['nobody', '2020-05-06', '2020-05-06'],
  ] as const) {
    test(`${name} = ${text} asks for ${expected}`, () => expect(query.vendorValue(name, text)).toBe(expected))
  }
})

test('what else a call and a document need', () => {
  const script = { body: 'done()', mimeType: 'application/javascript', filterEmptyResponse: true }
  const compiled = compileMapping({
    ...transformation(
      [
        ['code', 'AccountNumber', { type: 'string' }],
        ['open', undefined],
        ['gone', 'Gone', configured({ type: 'remove' })],
      ],
      [{ type: 'addToDocumentation' }, { type: 'applyJSOnQueryFieldValue', properties: { toVendor: null } }],
    ),
    vendorName: undefined,
    script,
    isLegacy: true,
  })
  expect(compiled).toMatchObject({
    objectName: 'my-partner',
    vendorName: 'my-partner',
    script,
    isLegacy: true,
    runsOnWhere: true,
    isDocumented: true,
    fields: [{ path: 'code', vendorPath: 'AccountNumber', type: 'string' }],
  })
  expect(mapping([])).toMatchObject({ runsOnWhere: false, isDocumented: false })
})
