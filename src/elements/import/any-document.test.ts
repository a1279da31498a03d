// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the templates of the element format
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { formatProblems } from '../../../test/support/check-element-format.ts'
import { importFixture } from '../../../test/support/imports.ts'
import { ValenceError } from '../../errors.ts'
import { convertDocument } from './convert-document.ts'

/** Whatever a document says, it is refused with a reason or becomes a well-formed element. */
async function outcomeOf(document: string): Promise<string[]> {
  try {
    return formatProblems((await convertDocument(Buffer.from(document), {})).element)
  } catch (error) {
    if (error instanceof ValenceError && error.code === 'IMPORT_INVALID') return []
    throw error
  }
}

const JUNK: readonly unknown[] = [
  null,
  true,
  0,
  -1.5,
  '',
  'x y',
  '{id}',
  '${configuration.password}',
  '__proto__',
  'constructor',
  'https://{a}.{b}/c?d={e}#f',
  '{{x}}',
  '#/components/schemas/Book',
  '#/nowhere',
  [],
  [null, 1, 'a', {}],
  {},
  { $ref: '#/components/schemas/Book' },
  { $ref: '#/paths' },
  { type: ['string', 'null'], enum: [1, null] },
  { type: 'array' },
  { allOf: [{}, { $ref: '#/components/schemas/Reader' }, 3] },
  { oneOf: 'a' },
  { properties: { constructor: { type: 'object' }, 'a.b|c': {} }, required: 'all' },
  JSON.parse('{"__proto__": {"type": "string"}}'),
]

type Place = { holder: Record<string, unknown>; key: string }

function placesOf(value: unknown, places: Place[] = []): Place[] {
  if (typeof value !== 'object' || value === null) return places
  for (const key of Object.keys(value)) {
    places.push({ holder: value as Record<string, unknown>, key })
    placesOf((value as Record<string, unknown>)[key], places)
  }
  return places
}

const change = fc.record({
  at: fc.nat(100_000),
  how: fc.constantFrom('remove', 'replace', 'rename', 'copy'),
  junk: fc.nat(JUNK.length - 1),
  from: fc.nat(100_000),
})
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never

function changed(document: unknown, changes: readonly Change[]): string {
  const copy = structuredClone(document)
  for (const { at, how, junk, from } of changes) {
    const places = placesOf(copy)
    const place = places[at % places.length]
    const source = places[from % places.length]
    if (!place || !source) continue
    const value = structuredClone(how === 'copy' ? source.holder[source.key] : JUNK[junk])
    if (how === 'remove' || how === 'rename') {
      const kept = place.holder[place.key]
      delete place.holder[place.key]
      if (how === 'rename')
        Object.defineProperty(place.holder, String(JUNK[junk]), {
          value: kept,
          enumerable: true,
          configurable: true,
          writable: true,
        })
    } else place.holder[place.key] = value
  }
  return JSON.stringify(copy)
}

describe('changed documents are refused or become well-formed elements', { timeout: 60_000 }, () => {
  for (const name of [
    'library-with-page-numbers.yaml',
    'parcels-swagger2.json',
    'tickets-with-cursors.json',
    'garden-collection.json',
  ]) {
    test(name, async () => {
      const document = parse(importFixture(name).toString('utf8'))
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
          expect(await outcomeOf(changed(document, changes))).toEqual([])
        }),
        { numRuns: 100 },
      )
    })
  }

  for (const name of ['bakery-odata4.xml', 'depot-odata2.xml', 'weather-asmx.wsdl', 'calendar-rpc.wsdl']) {
    test(name, async () => {
      const text = importFixture(name).toString('utf8')
      const attributes = [...text.matchAll(/\s[\w:]+="[^"]*"/g)].map(([attribute]) => attribute)
      const edit = fc.record({
        at: fc.nat(attributes.length - 1),
        value: fc.constantFrom(
          '',
          '0',
          'x y',
          'a.b',
          '{id}',
          'tns:Station',
          'Edm.String',
          'Collection(X)',
          '__proto__',
          'constructor',
        ),
        remove: fc.boolean(),
      })
      await fc.assert(
        fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 5 }), async (edits) => {
          const edited = edits.reduce((document, { at, value, remove }) => {
            const attribute = attributes[at] ?? ''
            return document.replace(attribute, () => (remove ? '' : attribute.replace(/"[^"]*"/, () => `"${value}"`)))
          }, text)
          expect(await outcomeOf(edited)).toEqual([])
        }),
        { numRuns: 100 },
      )
    })
  }
})
