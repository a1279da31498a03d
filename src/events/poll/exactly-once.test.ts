import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createChangingVendor,
  type Happening,
  type VendorRecord,
  type VendorTraits,
} from '../../../test/support/changing-vendor.ts'
import { createTestPoller } from '../../../test/support/poller.ts'
import { openTestStore } from '../../../test/support/store.ts'
import type { Store } from '../../store/database.ts'

/** Examples of each style; more when somebody asks for them. */
const RUNS = Number(process.env['VALENCE_PROPERTY_RUNS'] ?? 12)
const MINUTE = 60_000

let store: Store
let close: () => Promise<void>
beforeAll(async () => {
  ;({ store, close } = await openTestStore())
})
afterAll(() => close())

const which = fc.nat({ max: 40 })
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ what: fc.constant('update' as const), which }) },
  { weight: 4, arbitrary: fc.constant({ what: 'create' as const }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('delete' as const), which }) },
  { weight: 1, arbitrary: fc.constant({ what: 'fail' as const }) },
)
/** Between two runs some things happen, and some while the next one reads. */
const round = fc.record({
  before: fc.array(happening, { maxLength: 12 }),
  during: fc.array(happening, { maxLength: 8 }),
  laterMinutes: fc.integer({ min: 0, max: 20 }),
  afterMinutes: fc.integer({ min: 1, max: 40 }),
})
type Round = typeof round extends fc.Arbitrary<infer T> ? T : never
const traits = (style: VendorTraits['style']): fc.Arbitrary<VendorTraits> =>
  fc.record({
    style: fc.constant(style),
    order: fc.constantFrom('oldest first', 'newest first', 'by id'),
    pageSize: fc.integer({ min: 2, max: 6 }),
    filters: fc.boolean(),
    resolutionMs: fc.constantFrom(1, 1_000, 60_000),
    skewMs: fc.integer({ min: -4 * MINUTE, max: 4 * MINUTE }),
  })

describe('every change is told, and once: an object and when it was updated (acceptance 4)', () => {
  for (const style of ['page', 'offset', 'cursor', 'keyset'] as const) {
    test(
      `${style}: clocks that differ, equal dates at the end of a page, records that change while they are read`,
      () =>
        fc.assert(fc.asyncProperty(traits(style), fc.array(round, { maxLength: 5 }), isToldOnce), { numRuns: RUNS }),
      60_000,
    )
  }
})

async function isToldOnce(given: VendorTraits, rounds: Round[]) {
  const clock = { ms: Date.parse('2024-07-15T08:00:00.123Z') }
  const vendor = createChangingVendor(given, clock)
  for (let made = 0; made < 4; made++) vendor.happen({ what: 'create' })
  const before = vendor.records()
  clock.ms += 20 * MINUTE
  const poller = createTestPoller(
    store,
    { ...vendor, vendor: vendor.answer, configuration: settings(vendor.pollUrl) },
    clock,
  )
  await poller.follow()
  clock.ms += 6 * MINUTE
  for (const { before: happened, during, laterMinutes, afterMinutes } of rounds) {
    for (const one of happened) vendor.happen(one)
    clock.ms += laterMinutes * MINUTE
    vendor.whileAsked = [...during]
    await poller.run()
    vendor.whileAsked = []
    clock.ms += afterMinutes * MINUTE
  }
  // in the end nothing moves any more, and what failed is asked for again
  for (let run = 0; run < 3; run++) {
    clock.ms += 7 * 60 * MINUTE
    await poller.run()
  }
  const told = (await poller.events()).flatMap((body) => (body['things'] as VendorRecord[]).map(versionOf))
  expect(told, 'told twice').toEqual([...new Set(told)])
  const untouched = new Set(before.map(versionOf))
  const expected = vendor
    .records()
    .map(versionOf)
    .filter((version) => !untouched.has(version))
  expect(
    expected.filter((version) => !told.includes(version)),
    'not told',
  ).toEqual([])
  expect(
    told.filter((version) => untouched.has(version)),
    'of before',
  ).toEqual([])
}

function versionOf({ id, updated }: VendorRecord): string {
  return `${id} ${updated}`
}

function settings(url: string): Record<string, string> {
  const datesConfiguration = {
    updatedDateField: 'updated',
    updatedDateFormat: "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'",
    createdDateField: 'created',
    createdDateFormat: "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'",
  }
  return { 'event.poller.configuration': JSON.stringify({ things: { url, idField: 'id', datesConfiguration } }) }
}
