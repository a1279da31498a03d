import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { select, where } from '../../test/support/ceql-trees.ts'
import { ValenceError } from '../errors.ts'
import { parseSelect, parseWhere } from './parse.ts'
import { printSelect, printWhere } from './print.ts'
import { bodyConverters, converters, statementConverters } from './targets/table.ts'

/** A valid text, damaged in a few places: what is missing, doubled, swapped or strange. */
function damaged(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const wound = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.nat(3),
    instead: fc.constantFrom(
      '',
      "'",
      '`',
      '"',
      '(',
      ')',
      ',',
      ' ',
      '=',
      '<>',
      '!',
      'and',
      ' or ',
      'not',
      '\0',
      '\ud800',
      '’',
      '🚀',
    ),
  })
  return fc.tuple(text, fc.array(wound, { minLength: 1, maxLength: 4 })).map(([whole, wounds]) =>
    wounds.reduce((left, { at, length, instead }) => {
      const from = Math.floor(at * left.length)
      return left.slice(0, from) + instead + left.slice(from + length)
    }, whole),
  )
}

function refusedOnly(run: () => unknown, length: number): void {
  try {
    run()
  } catch (error) {
    if (!(error instanceof ValenceError) || error.code !== 'QUERY_INVALID') throw error
    const position = Number(/^Error parsing query: position (\d+): expected .+, found /s.exec(error.message)?.[1])
    expect(position).toBeGreaterThanOrEqual(1)
    expect(position).toBeLessThanOrEqual(length + 1)
  }
}

describe('10,000 damaged texts are read, or refused with their place', () => {
  for (const [form, texts, parse] of [
    ['where', damaged(where.map(printWhere)), parseWhere],
    ['select', damaged(select.map(printSelect)), parseSelect],
  ] as const)
    test(form, () => {
      const holds = fc.property(texts, (text) => refusedOnly(() => parse(text), text.length))
      fc.assert(holds, { numRuns: 10_000 })
    })

  test('what is read of them has a canonical text of its own', () => {
    const holds = fc.property(damaged(where.map(printWhere)), (text) => {
      const tree = (() => {
        try {
          return parseWhere(text)
        } catch {
          return undefined
        }
      })()
      if (tree) expect(parseWhere(printWhere(tree))).toEqual(tree)
    })
    fc.assert(holds, { numRuns: 2_000 })
  })
})

describe('every tree is written in the language of the vendor, or refused by name', () => {
  const refused = (run: () => unknown) => {
    try {
      return run()
    } catch (error) {
      if (error instanceof ValenceError && error.code === 'QUERY_INVALID' && error.message.length > 10) return undefined
      throw error
    }
  }
  for (const [name, convert] of Object.entries(converters))
    test(name, () => {
      const holds = fc.property(where, (tree) => {
        const pairs = refused(() => convert?.(tree)) as [string, string][] | undefined
        for (const pair of pairs ?? []) expect(pair.every((text) => typeof text === 'string')).toBe(true)
      })
      fc.assert(holds, { numRuns: 1_000 })
    })

  for (const [name, convert] of Object.entries(bodyConverters))
    test(`${name}, as a body`, () => {
      const holds = fc.property(where, (tree) => {
        const body = refused(() => convert?.(tree))
        if (body !== undefined) expect(JSON.parse(JSON.stringify(body))).toEqual(body)
      })
      fc.assert(holds, { numRuns: 500 })
    })

  for (const [name, convert] of Object.entries(statementConverters))
    test(name, () => {
      fc.assert(
        fc.property(select, (tree) => {
          expect(typeof (refused(() => convert?.(tree)) ?? '')).toBe('string')
        }),
        { numRuns: 1_000 },
      )
    })
})
