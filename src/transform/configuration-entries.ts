import type { ConfigurationEntry } from '../model/common-resource.ts'

export type Direction = 'fromVendor' | 'toVendor'

/** The last entry of a type: of several the narrowest level comes last (spec 20 §4.1). */
export function entryOf(
  entries: readonly ConfigurationEntry[] | undefined,
  type: string,
): ConfigurationEntry | undefined {
  return entries?.findLast((entry) => entry.type === type)
}

/** A switch that counts by being there, as `inherit`: `{"bool":"false"}` and false in both directions turn it off (spec 20 §8.1). */
export function isOn(entries: readonly ConfigurationEntry[] | undefined, type: string): boolean {
  const entry = entryOf(entries, type)
  if (!entry) return false
  const { bool, fromVendor, toVendor } = entry.properties ?? {}
  return !isFalse(bool) && !(isFalse(fromVendor) && isFalse(toVendor))
}

/** What an entry says about one direction; undefined when it is absent or says nothing. */
export function flagOf(entry: ConfigurationEntry | undefined, direction: Direction): boolean | undefined {
  const value = entry?.properties?.[direction]
  if (isFalse(value)) return false
  return value === true || (typeof value === 'string' && value.toLowerCase() === 'true') ? true : undefined
}

function isFalse(value: unknown): boolean {
  return value === false || (typeof value === 'string' && value.toLowerCase() === 'false')
}

/** Whether it names neither direction, and so means both. */
export function saysNothing(entry: ConfigurationEntry): boolean {
  return flagOf(entry, 'fromVendor') === undefined && flagOf(entry, 'toVendor') === undefined
}
