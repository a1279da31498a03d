import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compile } from '../engine/compile.ts'
import { completeElement } from './complete-element.ts'
import { exportElement } from './export-element.ts'
import type { Part } from './part-kinds.ts'
import { prepareElement } from './prepare-element.ts'

/** What may differ between an export and the export of its import (spec 11 §10). */
const OF_THE_PLATFORM =
  /^(?:id|elementId|resourceId|objectId|modelId|fieldId|createdDate|updatedDate|ownerAccountId|contextParams)$/

function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !OF_THE_PLATFORM.test(name))
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, comparable(member)]),
  )
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, ordered(member)]),
  )
}

function imported(body: Part) {
  let last = 0
  return prepareElement(body, undefined, { take: () => ++last, now: '2024-05-01T10:00:00Z' })
}

function exported(body: Part): Part {
  const { document, added } = imported(body)
  return exportElement(JSON.parse(JSON.stringify(document)) as Part, added)
}

const ROW = { key: 'base.url', name: 'Base URL', defaultValue: 'https://api.acme.test' }

describe('an export', () => {
  test('leaves out what the platform added, but says what it needs to be found again', () => {
    const element = exported({ name: 'Acme', authentication: { type: 'basic' }, configuration: [ROW] })
    expect(element).toEqual({
      name: 'Acme',
      key: 'acme',
      hub: 'general',
      private: true,
      authentication: { type: 'basic' },
      configuration: [{ ...ROW, id: 1 }],
    })
  })

  test('of an import of it is the same text', () => {
    const first = exported({
      name: 'Acme',
      hub: 'CRM',
      configuration: [ROW, { key: 'own' }],
      hooks: [{ type: 'event', body: 'done({events})' }],
      resources: [
        {
          method: 'GET',
          path: '/a',
          id: 99,
          parameters: [{ name: 'p', type: 'query', vendorName: 'q', vendorType: 'query' }],
        },
      ],
      models: [
        {
          id: 700,
          name: 'person',
          resources: [{ id: 99 }],
          childModelIds: [900],
          fields: [{ name: 'a', relatedModelId: 900 }],
        },
        {
          id: 900,
          name: 'address',
          parentModelIds: [700],
          modelFields: [{ name: 'city', fieldMethods: [{ method: 'GET' }] }],
        },
      ],
    })
    expect(JSON.stringify(ordered(exported(first)))).toBe(JSON.stringify(ordered(first)))
    const [person, address] = first['models'] as Part[]
    const [resource] = first['resources'] as Part[]
    expect(person).toMatchObject({ childModelIds: [address?.['id']], resources: [{ id: resource?.['id'] }] })
    expect(address).toMatchObject({ parentModelIds: [person?.['id']] })
  })

  test('keeps members that nobody knows, wherever they stand, and names such as __proto__', () => {
    const odd = JSON.parse('{"odd": [1, {"x": null}], "__proto__": {"y": 1}, "constructor": "z"}')
    const element = exported({
      name: 'A',
      ...odd,
      configuration: [{ ...ROW, ...odd }],
      models: [{ name: 'm', ...odd }],
    })
    expect(element).toMatchObject({ odd: odd.odd, configuration: [{ odd: odd.odd, constructor: 'z' }] })
    expect(Object.keys((element['models'] as Part[])[0] ?? {})).toContain('constructor')
  })
})

const folder = join(process.env['VALENCE_TEST_EXPORTS'] ?? '', 'elements')
const files = process.env['VALENCE_TEST_EXPORTS'] && existsSync(folder) ? readdirSync(folder) : []

describe.skipIf(files.length === 0)('exports of the original (spec 11 §10, 1)', () => {
  test.each(files)('%s comes out as it went in', (file) => {
    const body = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Part
    const first = exported(body)
    expect(comparable(first)).toEqual(comparable(body))
    expect(JSON.stringify(ordered(exported(first)))).toBe(JSON.stringify(ordered(first)))
  })

  test.each(files)('%s completed compiles', (file) => {
    const { document, key } = imported(JSON.parse(readFileSync(join(folder, file), 'utf8')))
    const facts = { id: 10_000, key, accountId: 2, createdDate: new Date(0), updatedDate: new Date(0) }
    expect(() => compile(completeElement(document, facts))).not.toThrow()
  })
})
