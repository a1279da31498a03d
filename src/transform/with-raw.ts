import { isObject } from '../model/is-object.ts'
import type { Mapping } from './mapping.ts'

/** Beside the mapped fields the record as the vendor has it. */
export const RAW = 'raw'

/**
 * A mapping through which a vendor's own fields can be reached as well: a `raw` that the caller sends goes to the vendor, below what
 * is mapped; replies have the vendor's whole record as `raw` when it was asked for.
 */
export function withRaw(mapping: Mapping, { isAsked }: { isAsked: boolean }): Mapping {
  return {
    ...mapping,
    fromVendor(record, keepsNulls) {
      const mapped = mapping.fromVendor(record, keepsNulls)
      return isAsked && isObject(mapped) ? { ...mapped, [RAW]: record } : mapped
    },
    toVendor(record, keepsNulls) {
      const mapped = mapping.toVendor(record, keepsNulls)
      if (!isObject(record) || !Object.hasOwn(record, RAW) || !isObject(record[RAW]) || !isObject(mapped)) return mapped
      return laidOver(record[RAW], mapped)
    },
  }
}

/** Members of objects in both are joined, of everything else the upper one counts. */
function laidOver(lower: Record<string, unknown>, upper: Record<string, unknown>): Record<string, unknown> {
  const joined = { ...lower }
  for (const [name, value] of Object.entries(upper)) {
    const below = Object.hasOwn(lower, name) ? lower[name] : undefined
    Object.defineProperty(joined, name, {
      value: isObject(below) && isObject(value) ? laidOver(below, value) : value,
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return joined
}
