import type { Element } from '../model/element.ts'
import { readableElement } from './readable-element.ts'
import type { Vendor } from './vendor.ts'
import { elementOrigins, ownOrigin, vendorName } from './vendor-origins.ts'

/** Who is served: one vendor per element, under a name that is the first segment of its paths. */
export interface VendorDirectory {
  /** @returns the name; a vendor of that name is replaced and keeps its tokens and counters */
  put(element: Element, name?: string): string
  remove(name: string): boolean
  find(name: string): Vendor | undefined
  /** in the order of their first `put` */
  all(): Vendor[]
  names(): string[]
  /** other vendors that stand for one of this one's origins, in their order */
  relatives(name: string): Vendor[]
  origins(name: string): string[]
  /** as freshly put: tokens and counters too */
  restart(): void
}

interface Entry {
  name: string
  element: Element
  origins: string[]
  /** made at the first call: an element may be large, and most are never called */
  vendor: Vendor | undefined
  before: Vendor | undefined
}

/** @param make builds a vendor; `before` is the one that it replaces */
export function createVendorDirectory(
  make: (element: Element, name: string, before: Vendor | undefined) => Vendor,
): VendorDirectory {
  const entries = new Map<string, Entry>()
  const byOrigin = new Map<string, Set<Entry>>()

  function open(entry: Entry): Vendor {
    entry.vendor ??= make(entry.element, entry.name, entry.before)
    entry.before = undefined
    return entry.vendor
  }

  function forget(entry: Entry): void {
    for (const origin of entry.origins) {
      const sharing = byOrigin.get(origin)
      sharing?.delete(entry)
      if (sharing?.size === 0) byOrigin.delete(origin)
    }
  }

  return {
    put(given, wanted = given.key) {
      const name = vendorName(wanted)
      const element = readableElement(given)
      const old = entries.get(name)
      if (old) forget(old)
      const entry: Entry = {
        name,
        element,
        origins: [...elementOrigins(element), ownOrigin(name)],
        vendor: undefined,
        before: old?.vendor ?? old?.before,
      }
      entries.set(name, entry)
      for (const origin of entry.origins) byOrigin.set(origin, (byOrigin.get(origin) ?? new Set()).add(entry))
      return name
    },
    remove(name) {
      const entry = entries.get(name)
      if (entry) forget(entry)
      return entries.delete(name)
    },
    find(name) {
      const entry = entries.get(name)
      return entry && open(entry)
    },
    all: () => [...entries.values()].map(open),
    names: () => [...entries.keys()],
    relatives(name) {
      const entry = entries.get(name)
      const found = new Set((entry?.origins ?? []).flatMap((origin) => [...(byOrigin.get(origin) ?? [])]))
      if (entry) found.delete(entry)
      if (found.size === 0) return []
      return [...entries.values()].filter((other) => found.has(other)).map(open)
    },
    origins: (name) => entries.get(name)?.origins ?? [],
    restart() {
      for (const entry of entries.values()) {
        entry.vendor = undefined
        entry.before = undefined
      }
    },
  }
}
