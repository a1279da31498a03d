import { describe, expect, test } from 'vitest'
import type { MappedField } from '../model/common-resource.ts'
import { compileMapping } from './compile-mapping.ts'
import type { Mapping } from './mapping.ts'

type Row = [path: string, vendorPath: string, type?: string]

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

function mapping(rows: readonly Row[], nested?: (name: string) => Mapping | undefined): Mapping {
  const fields: MappedField[] = rows.map(([path, vendorPath, type = 'as it comes']) => ({
    path,
    vendorPath,
    type,
    level: 'account',
  }))
  const properties = { fromVendor: false, toVendor: false }
  const configuration = [{ type: 'passThrough', properties }]
  return compileMapping(
    { objectName: 'x', vendorName: 'X', isLegacy: false, configuration, fields, script: undefined },
    nested,
  )
}

/** Generous: what these would take without bounds is minutes, or all memory. */
const LIMIT_MS = 5_000

function inTime<Value>(run: () => Value): Value {
  const began = performance.now()
  const value = run()
  expect(performance.now() - began).toBeLessThan(LIMIT_MS)
  return value
}

describe('a thousand fields cannot multiply a record', () => {
  test('that are mapped from one another’s inside', () => {
    const deep = numbers(32).map((depth) =>
      numbers(depth + 1)
        .map(() => 'a')
        .join('.'),
    )
    const compiled = mapping(numbers(1_000).map((at): Row => [`v${at}`, deep[at % 32] as string]))
    expect(inTime(() => compiled.fromVendor({ a: { 'a.a': 1 } }))).toMatchObject({ v0: { 'a.a': 1 }, v2: 1 })
  })

  test('that fill one list from as many', () => {
    const compiled = mapping(numbers(1_000).map((at): Row => [`l[*].x${at}`, `L${at}[*].a`]))
    const vendor = Object.fromEntries(numbers(1_000).map((at) => [`L${at}`, numbers(200).map((a) => ({ a }))]))
    const { l } = inTime(() => compiled.fromVendor(vendor)) as { l: Record<string, number>[] }
    expect(l).toHaveLength(200)
    expect(l[199]).toMatchObject({ x0: 199, x999: 199 })
  })

  test('that each make a list of a long one', () => {
    const compiled = mapping(numbers(1_000).map((at): Row => [`v${at}`, 'L[*].a']))
    const vendor = { L: numbers(20_000).map((a) => ({ a })) }
    const result = inTime(() => compiled.fromVendor(vendor)) as Record<string, unknown[]>
    expect(result['v0']).toHaveLength(20_000)
    expect(result['v999']).toBeUndefined()
    // the next record has all that again
    expect(compiled.fromVendor({ L: [{ a: 1 }] })).toMatchObject({ v999: [1] })
  })

  test('that each look for an element of a long list', () => {
    const compiled = mapping(numbers(1_000).map((at): Row => [`v${at}`, `L[id=${at}x].a`]))
    const vendor = { L: numbers(20_000).map((id) => ({ id })) }
    expect(inTime(() => compiled.fromVendor(vendor))).toStrictEqual({})
  })

  test('that write far places of every element', () => {
    const compiled = mapping(numbers(100).map((at): Row => [`l[*].v${at}[999]`, 'L[*].a']))
    expect(inTime(() => compiled.fromVendor({ L: numbers(10_000).map((a) => ({ a })) }))).toHaveProperty('l')
  })
})

describe('definitions in themselves', () => {
  test('follow documents as deep as those go', () => {
    const own: Mapping = mapping([['in', 'In', 'self']], () => own)
    let deep: Record<string, unknown> = {}
    for (let level = 0; level < 5_000; level++) deep = { In: deep }
    let result = own.fromVendor(deep) as Record<string, unknown>
    for (let level = 0; level < 500; level++) result = result['in'] as Record<string, unknown>
    expect(result).toBeDefined()
  })

  test('do not multiply a record where they are in themselves twice', () => {
    const rows: Row[] = [
      ['a', 'Boss', 'person'],
      ['b', 'Boss', 'person'],
    ]
    const person: Mapping = mapping(rows, () => person)
    let deep: Record<string, unknown> = { Name: 'x' }
    for (let level = 0; level < 400; level++) deep = { Boss: deep }
    expect(inTime(() => person.fromVendor(deep))).toHaveProperty('a.b.a')
  })
})
