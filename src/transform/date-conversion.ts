import type { MappedField } from '../model/common-resource.ts'
import { mayVisit, VISITS_OF_A_DATE } from './bounded-work.ts'
import { type Direction, entryOf } from './configuration-entries.ts'
import { type DateMask, dateMask, ISO, ISO_DAY, isDateMask } from './date-mask.ts'
import type { Convert } from './value-types.ts'

/**
 * How a field's dates go from one side to the other: as its `transformDate` says, or its types, where they are masks
 * (spec 20 §8.2, §9.1). A side without a mask has ISO 8601. What is no such date is kept.
 *
 * @returns undefined when dates go as they are: nobody said how they are written, or not in a way that can be read
 */
export function dateConversion(field: MappedField, direction: Direction): Convert | undefined {
  const properties = entryOf(field.configuration, 'transformDate')?.properties
  const common = maskOf(properties?.['pattern'], field.type)
  const vendor = maskOf(properties?.['vendorPattern'], field.vendorType)
  if ((!common && !vendor) || common === null || vendor === null) return undefined
  return direction === 'fromVendor' ? redating(vendor, common) : redating(common, vendor)
}

/** @returns undefined for none, null for one that cannot be read */
function maskOf(pattern: unknown, type: string | undefined): DateMask | undefined | null {
  if (typeof pattern === 'string' && pattern.trim()) return dateMask(pattern.trim()) ?? null
  return type !== undefined && isDateMask(type) ? dateMask(type) : undefined
}

function redating(source: DateMask | undefined, target: DateMask | undefined): Convert {
  const from = source ?? ISO
  const to = target ?? (from.hasTime ? ISO : ISO_DAY)
  return (value) => {
    if (typeof value !== 'string' && typeof value !== 'number') return value
    const time = mayVisit(VISITS_OF_A_DATE) ? from.parse(value) : undefined
    return time === undefined ? value : to.format(time)
  }
}
