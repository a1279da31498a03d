import { isObject } from '../../model/is-object.ts'
import { addColumns } from '../rows/columns.ts'

/** The columns that records have, in order of appearance. */
export interface SeenColumns {
  /** @throws ValenceError TOO_MANY */
  add(record: Readonly<Record<string, unknown>>): void
  /** what is new since the last time it was asked for; undefined for nothing */
  takeNew(): readonly string[] | undefined
  all(): readonly string[]
}

/** A member by what it was seen as: a value, an object with members, or both. */
interface Known {
  isValue: boolean
  members: Map<string, Known>
}

/**
 * Most records have the members of the one before: that is seen at a glance, and only others are taken apart into columns.
 * @param columns of records before
 */
export function createSeenColumns(columns: readonly string[] = []): SeenColumns {
  const seen = new Set(columns)
  const known = new Map<string, Known>()
  let told = seen.size
  return {
    add(record) {
      if (isKnown(record, known)) return
      addColumns(seen, record)
      learn(record, known)
    },
    takeNew() {
      if (seen.size === told) return undefined
      told = seen.size
      return [...seen]
    },
    all: () => [...seen],
  }
}

function isKnown(record: Readonly<Record<string, unknown>>, known: ReadonlyMap<string, Known>): boolean {
  for (const name in record) {
    const value = record[name]
    if (value === undefined) continue
    const member = known.get(name)
    if (!member) return false
    if (!isObject(value) || isEmpty(value)) {
      if (!member.isValue) return false
    } else if (!isKnown(value, member.members)) return false
  }
  return true
}

function learn(record: Readonly<Record<string, unknown>>, known: Map<string, Known>): void {
  for (const [name, value] of Object.entries(record)) {
    if (value === undefined) continue
    const member = known.get(name) ?? { isValue: false, members: new Map() }
    known.set(name, member)
    if (!isObject(value) || isEmpty(value)) member.isValue = true
    else learn(value, member.members)
  }
}

/** An object without members is a value of its column. */
function isEmpty(value: object): boolean {
  for (const _name in value) return false
  return true
}
