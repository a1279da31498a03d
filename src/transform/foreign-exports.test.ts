import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { LevelTransformation, MappedField, MappingScript } from '../model/common-resource.ts'
import { compileMapping } from './compile-mapping.ts'
import { resolveTransformation } from './resolve-levels.ts'

/**
 * Transformations as the original service exported them, which are not part of the project: `VALENCE_TEST_EXPORTS` names a
 * folder that holds `vdrs/*.json`. Records are invented, and results written by hand; scripts are not run here.
 */
const folder = process.env['VALENCE_TEST_EXPORTS']

interface ExportedTransformation extends Omit<LevelTransformation, 'level'> {
  objectName: string
  elementKey: string
  fields: MappedField[]
  script?: MappingScript
}

const transformations = folder ? transformationsIn(join(folder, 'vdrs')) : []

/** By object and element: what the vendor has, what the caller sees, and what of the latter goes back to the vendor. */
const GOLDEN: Readonly<Record<string, { vendor: unknown; common: unknown; written: unknown }>> = {
  'myContacts/sfdc': {
    vendor: {
      attributes: { type: 'Lead' },
      Id: '00Q000000000001AAA',
      FirstName: 'Ada',
      LastName: 'Byron',
      Company: 'Analytical Engines',
      Email: null,
      LeadSource: 'Web',
      AnnualRevenue: 5,
    },
    common: { firstName: 'Ada', lastName: 'Byron', company: 'Analytical Engines', leadSource: 'Web' },
    written: { FirstName: 'Ada', LastName: 'Byron', Company: 'Analytical Engines', LeadSource: 'Web' },
  },
  'my-contacts/sfdc': {
    vendor: {
      attributes: { type: 'Contact' },
      Id: '003000000000001AAA',
      Email: 'grace@example.com',
      LeadSource: 'Other',
      CreatedDate: '2020-10-15T21:21:36.000+0000',
      LastModifiedDate: null,
      MailingAddress: { city: 'Arlington' },
    },
    common: {
      id: '003000000000001AAA',
      email: 'grace@example.com',
      source: 'Other',
      createdDate: '2020-10-15T21:21:36.000+0000',
    },
    written: {
      Id: '003000000000001AAA',
      Email: 'grace@example.com',
      LeadSource: 'Other',
      CreatedDate: '2020-10-15T21:21:36.000+0000',
    },
  },
}

describe.skipIf(!folder)('exported transformations', () => {
  test('there are some', () => expect(transformations.length).toBeGreaterThan(0))

  for (const [file, exported] of transformations) {
    const name = `${exported.objectName}/${exported.elementKey}`
    const effective = resolveTransformation(exported.objectName, [{ ...exported, level: 'organization' }])
    if (!effective) throw new Error(`${name}: nothing resolved`)
    const mapping = compileMapping(effective)

    test(`${file}, ${name}: as it was written down`, () => {
      const golden = GOLDEN[name]
      expect(golden, `${name} needs a row in GOLDEN`).toBeDefined()
      expect(mapping.fromVendor(golden?.vendor)).toStrictEqual(golden?.common)
      expect(mapping.toVendor({ ...(golden?.common as object), unmapped: 1 })).toStrictEqual(golden?.written)
    })

    test(`${file}, ${name}: each field alone, there and back`, () => {
      for (const { path, vendorPath } of mapping.fields) {
        const common = { [path]: 'a value' }
        expect(mapping.toVendor(common)).toStrictEqual({ [vendorPath]: 'a value' })
        expect(mapping.fromVendor(mapping.toVendor(common))).toStrictEqual(common)
        expect(mapping.vendorAttribute(path)).toBe(vendorPath)
      }
    })

    test(`${file}, ${name}: what else it says`, () => {
      expect(mapping.isDocumented).toBe(true)
      expect(mapping.isLegacy).toBe(false)
      expect(mapping.vendorName).toBe(exported.vendorName)
      expect(mapping.script?.body).toBe(exported.script?.body)
    })
  }
})

/** Those in exports of whole objects, and those that stand alone. */
function transformationsIn(path: string): [file: string, exported: ExportedTransformation][] {
  const files = readdirSync(path).filter((name) => name.endsWith('.json'))
  return files.flatMap((file) => {
    const document = JSON.parse(readFileSync(join(path, file), 'utf8')) as Record<string, unknown>
    const found = document['transformation'] ? Object.values(document['transformation']) : [document]
    return found
      .filter((one): one is ExportedTransformation => 'vendorName' in one)
      .map((one): [string, ExportedTransformation] => [file, one])
  })
}
