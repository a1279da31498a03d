/**
 * `npm run bench:mapping`: what a declarative mapping costs, beside reading and writing the same page as JSON, which a call
 * does anyway. See README.md beside this file.
 */

import { createMappingScripts } from '../src/engine/common/run-mapping-script.ts'
import { transformBody } from '../src/engine/common/transform-records.ts'
import type { EffectiveTransformation, MappedField } from '../src/model/common-resource.ts'
import { createSandbox } from '../src/sandbox/create-sandbox.ts'
import { compileMapping } from '../src/transform/compile-mapping.ts'
import { median, round } from './statistics.ts'

const RECORDS = 200
const RUNS = 300
const WARM_UP = 200
const GOAL = 1.5

const rows: [path: string, vendorPath: string, more?: Partial<MappedField>][] = [
  ['id', 'Id'],
  ['firstName', 'FirstName'],
  ['lastName', 'LastName'],
  ['email', 'Email'],
  ['phone', 'Phone'],
  ['age', 'Age__c', { type: 'number' }],
  ['isCustomer', 'IsCustomer', { type: 'boolean' }],
  ['home.street', 'MailingAddress.street'],
  ['home.city', 'MailingAddress.city'],
  ['home.zip', 'MailingAddress.postalCode'],
  ['company.name', 'Account.Name'],
  ['companyId', 'Account.Id'],
  ['lines[*].sku', 'Orders.records[*].ProductCode'],
  ['lines[*].quantity', 'Orders.records[*].Quantity', { type: 'number' }],
  [
    'createdDate',
    'CreatedDate',
    {
      type: 'date',
      configuration: [
        { type: 'transformDate', properties: { pattern: 'yyyy-MM-dd', vendorPattern: "yyyy-MM-dd'T'HH:mm:ss.SSSZ" } },
      ],
    },
  ],
]

const SCRIPTS: readonly [name: string, body: string][] = [
  [
    'a script that reads its own result',
    'transformedObject.label = transformedObject.firstName + "!"; done(transformedObject)',
  ],
  [
    'a script that maps values of the original',
    `const words = { Retail: 'Shops', Bank: 'Money' }
    transformedObject.branch = words[(originalObject.Account || {}).Industry] || 'Other'
    done(transformedObject)`,
  ],
]

const page = Array.from({ length: RECORDS }, (_, index) => contact(index))
const json = JSON.stringify(page)
console.log(
  `Node ${process.version}; ${RECORDS} records, ${(json.length / 1024).toFixed(0)} KB, ${rows.length} fields; medians of ${RUNS}`,
)
const baseline = report('JSON.parse and JSON.stringify', () => JSON.stringify(JSON.parse(json)))
for (const keepsUnmapped of [false, true]) {
  const mapping = compileMapping(transformation(keepsUnmapped))
  const unmapped = keepsUnmapped ? 'unmapped members kept' : 'unmapped members removed'
  const common = page.map((record) => mapping.fromVendor(record))
  report(`from the vendor, ${unmapped}`, () => page.map((record) => mapping.fromVendor(record)), baseline)
  report(`to the vendor, ${unmapped}`, () => common.map((record) => mapping.toVendor(record)), baseline)
}
report('compiling the mapping, both directions', () => {
  const mapping = compileMapping(transformation(true))
  return [mapping.fromVendor(page[0]), mapping.toVendor({})]
})
await withScripts(baseline)

/** The whole page through mapping and script, the visit to the runner's process included. */
async function withScripts(beside: number): Promise<void> {
  const sandbox = createSandbox({ runners: 1, http: () => Promise.reject(new Error('not in a bench')), log: console })
  try {
    for (const [name, body] of SCRIPTS) {
      const script = { body, mimeType: 'application/javascript', filterEmptyResponse: false }
      const mapping = compileMapping({ ...transformation(false), script })
      const once = async () => {
        const runScript = createMappingScripts({
          owner: 'account 1',
          depth: 0,
          runRecords: sandbox.runRecords,
          configuration: () => ({}),
          secrets: () => [],
          report: ({ error }) => {
            if (error !== undefined) throw new Error(error)
          },
        })
        return transformBody(page, { mapping, direction: 'fromVendor', keepsNulls: false, runScript })
      }
      for (let at = 0; at < WARM_UP; at++) await once()
      const times: number[] = []
      const used = process.cpuUsage()
      for (let at = 0; at < RUNS; at++) {
        const began = performance.now()
        await once()
        times.push(performance.now() - began)
      }
      const { user, system } = process.cpuUsage(used)
      const middle = median(times)
      const own = (user + system) / 1000 / RUNS
      console.log(
        `${`from the vendor, ${name}`.padEnd(44)}${middle.toFixed(3)} ms  ${round(middle / beside, 2)} × JSON; ${own.toFixed(2)} ms of it in the hub's process`,
      )
    }
  } finally {
    await sandbox.close()
  }
}

/** @param beside milliseconds that the figure is set against, with the goal */
function report(what: string, run: () => unknown, beside?: number): number {
  for (let at = 0; at < WARM_UP; at++) run()
  const times = Array.from({ length: RUNS }, () => {
    const began = performance.now()
    run()
    return performance.now() - began
  })
  const middle = median(times)
  const share = beside ? `  ${round(middle / beside, 2)} × JSON (goal: at most ${GOAL})` : ''
  console.log(`${what.padEnd(44)}${middle.toFixed(3)} ms${share}`)
  return middle
}

function transformation(keepsUnmapped: boolean): EffectiveTransformation {
  const properties = { fromVendor: keepsUnmapped, toVendor: keepsUnmapped }
  return {
    objectName: 'myContacts',
    vendorName: 'Contact',
    isLegacy: false,
    configuration: [{ type: 'passThrough', properties }],
    fields: rows.map(([path, vendorPath, more]) => ({
      path,
      vendorPath,
      type: 'string',
      vendorType: 'string',
      level: 'organization',
      ...more,
    })),
    script: undefined,
  }
}

function contact(index: number): Record<string, unknown> {
  return {
    attributes: { type: 'Contact', url: `/services/data/v50.0/sobjects/Contact/0035e00000${index}` },
    Id: `0035e00000A${String(index).padStart(4, '0')}AAC`,
    FirstName: index % 3 ? 'Søren' : 'Ada',
    LastName: `Ørsted-${index}`,
    Email: index % 5 ? `soren.${index}@example.com` : null,
    Phone: `+1 512 555 ${String(index).padStart(4, '0')}`,
    Age__c: String(20 + (index % 60)),
    IsCustomer: index % 2 ? 'true' : 'false',
    MailingAddress: {
      street: `${index} Market Street`,
      city: 'Leeds',
      postalCode: String(10_000 + index),
      country: 'GB',
    },
    Account: index % 4 ? { Id: `0015e00000B${index}`, Name: `Company ${index}`, Industry: 'Retail' } : null,
    Orders: {
      totalSize: 1 + (index % 3),
      records: Array.from({ length: 1 + (index % 3) }, (_, line) => ({
        ProductCode: `P-${line}`,
        Quantity: String(line + 1),
        Currency: 'EUR',
      })),
    },
    CreatedDate: `2024-03-${String(1 + (index % 28)).padStart(2, '0')}T08:15:${String(index % 60).padStart(2, '0')}.000+0000`,
    LastModifiedById: '0055e000001XyZ',
    OwnerId: '0055e000001XyZ',
    Description: 'Met at the trade fair in spring; asked for a quote on the yearly plan.',
  }
}
