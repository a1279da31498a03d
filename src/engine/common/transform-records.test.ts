import { describe, expect, test } from 'vitest'
import type { MappedField } from '../../model/common-resource.ts'
import { compileMapping } from '../../transform/compile-mapping.ts'
import { withRaw } from '../../transform/with-raw.ts'
import { type Transformation, transformBody } from './transform-records.ts'

const transformed = async (body: unknown, how: Transformation) => transformBody(body, how)

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

type Row = [path: string, vendorPath: string, more?: Partial<MappedField>]

function transformation(rows: readonly Row[], direction: Transformation['direction'] = 'fromVendor'): Transformation {
  const fields = rows.map(([path, vendorPath, more]): MappedField => {
    return { path, vendorPath, type: 'any', level: 'account', ...more }
  })
  const levels = { objectName: 'my-things', vendorName: 'X', isLegacy: false, configuration: [], script: undefined }
  const mapping = compileMapping({ ...levels, fields })
  return { mapping, direction, keepsNulls: false, runScript: async () => [] }
}

const date = (pattern: string) => ({
  configuration: [{ type: 'transformDate', properties: { pattern, vendorPattern: 'EEEE yyyy MMMM dd HH:mm' } }],
})
const long = { configuration: [{ type: 'defaultValue', properties: { fromVendor: 'z'.repeat(50_000) } }] }
const deep = numbers(40).map((at) => `@.a${at}!=x`)
const list = (count: number, of: (at: number) => unknown) => ({ list: numbers(count).map(of) })

describe('what a mapping makes of a body has an end', () => {
  test.each<[string, Row[], unknown[]]>([
    [
      'one list in many fields',
      numbers(300).map((at) => [`p${at}`, 'list']),
      numbers(20).map(() => list(5_000, String)),
    ],
    [
      'a long default in every element',
      [['list[*].y', 'list[*].none', long]],
      numbers(20).map(() => list(2_000, (at) => ({ at }))),
    ],
    ['long names', [[`list[*].${'n'.repeat(480)}`, 'list[*].a']], numbers(20).map(() => list(10_000, (a) => ({ a })))],
    ['far places', [['list[*].v[999]', 'list[*].a']], numbers(50).map(() => list(400, (a) => ({ a })))],
  ])('%s', async (_, rows, body) => {
    await expect(transformed(body, transformation(rows))).rejects.toMatchObject({
      code: 'TRANSFORMED_TOO_LARGE',
      message: expect.stringMatching(/"my-things" .* vendor answered/),
    })
  })

  test('of a request as well, and beside the record of the vendor', async () => {
    const body = numbers(20).map(() => list(5_000, String))
    const rows = numbers(300).map((at): Row => ['list', `p${at}`])
    await expect(transformed(body, transformation(rows, 'toVendor'))).rejects.toMatchObject({
      message: expect.stringContaining('makes more of the body than'),
    })
    const vendor = list(1_000_000, () => 'x'.repeat(20))
    const { mapping, ...rest } = transformation([['all', 'list']])
    const raw = { ...rest, mapping: withRaw(mapping, { isAsked: true }) }
    await expect(transformed([vendor, vendor], raw)).rejects.toThrow(/"my-things"/)
  })

  test('a page as long as vendors send is no matter', async () => {
    const body = numbers(5_000).map((at) => ({ id: at, name: 'n'.repeat(2_000), list: [1, 2] }))
    const rows: Row[] = [
      ['code', 'id'],
      ['title', 'name'],
      ['tags[*]', 'list[*]'],
    ]
    expect(await transformBody(body, transformation(rows))).toHaveLength(5_000)
  })
})

describe('nobody waits long for a hostile mapping', () => {
  test.each<[string, Row[], unknown]>([
    ['lists of lists', numbers(1_000).map((at) => [`r${at}[*]`, `list[*].v${at}`]), list(990, (v1) => ({ v1 }))],
    [
      'conditions that hold until the last',
      numbers(1_000).map((at) => [`r${at}`, `list[?(${deep.join('&&')}&&@.b==${at})].x`]),
      list(990, () => ({ b: 'no' })),
    ],
    [
      'dates of one value',
      numbers(1_000).map((at) => [`r${at}`, 'd', date('EEEE yyyy-MM-dd HH:mm:ss.SSS Z')]),
      { d: 'Monday 2020 January 06 10:00' },
    ],
    [
      'dates of a list',
      numbers(100).map((at) => [`list[*].r${at}`, 'list[*].d', date('EEEE yyyy-MM-dd')]),
      list(5_000, () => ({ d: 'Monday 2020 January 06 10:00' })),
    ],
    ['fields of elements', numbers(1_000).map((at) => [`list[*].r${at}`, 'list[*].a']), list(20_000, (a) => ({ a }))],
    [
      'objects of a definition',
      numbers(1_000).map((at) => [`r${at}`, 'list', { type: 'array[other]' }]),
      list(20_000, (a) => ({ a })),
    ],
  ])('%s', async (_, rows, record) => {
    let longest = 0
    let last = performance.now()
    const watch = setInterval(() => {
      longest = Math.max(longest, performance.now() - last)
      last = performance.now()
    }, 1)
    try {
      const body = numbers(10).map(() => record)
      await transformed(body, transformation(rows)).catch(() => undefined)
      await new Promise((resolve) => setTimeout(resolve, 5))
    } finally {
      clearInterval(watch)
    }
    // generous: one record takes a twentieth of it on a machine that has nothing else to do
    expect(longest).toBeLessThan(3_000)
  })
})
