import { isObject } from '../model/is-object.ts'
import { elementsOf, FIELDS_OF_A_VISIT, mayVisit } from './bounded-work.ts'
import { type Condition, elementFor, satisfies } from './condition.ts'
import { getOrAdd } from './get-or-add.ts'
import { memberReader } from './member-reader.ts'
import type { Step } from './path.ts'

/** A value that was read, as it is to be written. */
export interface Written {
  slot: number
  /** null and undefined are handed in as well; undefined comes back for no value */
  prepare(found: unknown): unknown
  /** when no field has a value for the place */
  fallback: unknown
}

/** Elements of lists that were read become elements of the list that is written, place by place. */
export interface Zip {
  /** with what stands for a list when there is none */
  lists: readonly { slot: number; fallback: readonly unknown[] | undefined }[]
  /**
   * @param source the element of the only list, or the elements of all of them as a list
   * @param base what the element of the written list holds already; what comes back replaces it
   */
  element(source: unknown, base: unknown): unknown
  /** that each element is mapped by */
  fields: number
  /** the elements that are written hold members: an element without any is `{}`, otherwise null */
  holdsMembers: boolean
}

/**
 * Writes values that were read at their places: each object on the way is made once, and only when there is something to
 * put into it.
 *
 * @param base what is there already (unmapped members); it is copied where it changes, never changed
 * @returns the base itself when nothing is written
 */
export type Write = (slots: readonly unknown[], base: unknown) => unknown

export interface WriteNode {
  values: Written[]
  zip: Zip | undefined
  members: Map<string, WriteNode>
  places: Map<number, WriteNode>
  matches: Map<string, { conditions: readonly Condition[]; node: WriteNode }>
}

export function newWriteNode(): WriteNode {
  return { values: [], zip: undefined, members: new Map(), places: new Map(), matches: new Map() }
}

/** The node of a path without `[*]`, made if necessary. */
export function writeNodeAt(root: WriteNode, steps: readonly Step[]): WriteNode {
  return steps.reduce((node, step) => {
    if (step.kind === 'key') return getOrAdd(node.members, step.name, newWriteNode)
    if (step.kind === 'at') return getOrAdd(node.places, step.index, newWriteNode)
    if (step.kind === 'each') throw new Error('elements are written by a plan of their own')
    return getOrAdd(node.matches, step.text, () => ({ conditions: step.conditions, node: newWriteNode() })).node
  }, root)
}

/**
 * @param keepsUnmapped false: where a whole object or list is written and fields inside it have names of their own, only
 *   those stay of it (spec 20 §9.2)
 */
export function compileWrite(node: WriteNode, keepsUnmapped: boolean): Write {
  const value = node.values.length > 0 ? compileValue(node.values) : undefined
  const parts: Write[] = []
  if (node.members.size > 0) parts.push(membersOf(node, keepsUnmapped))
  if (node.zip) parts.push(zipped(node.zip))
  const hasNames = parts.length > 0
  if (node.places.size > 0) parts.push(placesOf(node, keepsUnmapped))
  if (node.matches.size > 0) parts.push(matchesOf(node, keepsUnmapped))
  if (value && parts.length === 0) {
    return (slots, base) => {
      const written = value(slots)
      return written === undefined ? base : written
    }
  }
  const [only] = parts
  if (!value && only && parts.length === 1) return only
  return (slots, base) => {
    const whole = value?.(slots)
    let result = whole === undefined ? base : !keepsUnmapped && hasNames ? emptied(whole) : whole
    for (const part of parts) result = part(slots, result)
    return result
  }
}

/** Of several fields for one place the last one that has a value; a default only when none has. */
function compileValue(values: readonly Written[]): (slots: readonly unknown[]) => unknown {
  const fromLast = values.toReversed()
  const fallback = fromLast.find((value) => value.fallback !== undefined)?.fallback
  const [only] = values
  if (only && values.length === 1) {
    return (slots) => {
      const value = only.prepare(slots[only.slot])
      return (value === undefined || value === null) && fallback !== undefined ? fallback : value
    }
  }
  return (slots) => {
    let none: unknown
    for (const { slot, prepare } of fromLast) {
      const value = prepare(slots[slot])
      if (value === null) none = null
      else if (value !== undefined) return value
    }
    return fallback === undefined ? none : fallback
  }
}

function membersOf(node: WriteNode, keepsUnmapped: boolean): Write {
  const members = [...node.members].map(([name, child]) => ({
    name,
    get: memberReader(name),
    write: compileWrite(child, keepsUnmapped),
  }))
  return (slots, base) => {
    const before = isObject(base) ? base : undefined
    let object: Record<string, unknown> | undefined
    for (const { name, get, write } of members) {
      const held = before && get(before)
      const value = write(slots, held)
      if (value === held) continue
      object ??= { ...before }
      object[name] = value
    }
    return object ?? base
  }
}

function zipped({ lists, element, fields, holdsMembers }: Zip): Write {
  const times = 1 + fields / FIELDS_OF_A_VISIT / lists.length
  return (slots, base) => {
    const found = lists.map(({ slot, fallback }) => elementsOf(slots[slot], times) ?? fallback)
    const length = found.reduce((longest, list) => Math.max(longest, list?.length ?? -1), -1)
    if (length < 0) return base
    const result: unknown[] = Array.isArray(base) ? base.slice() : []
    for (let at = 0; at < length; at++) {
      const source = found.length === 1 ? found[0]?.[at] : found.map((list) => list?.[at])
      result[at] = element(source, result[at]) ?? (holdsMembers ? {} : null)
    }
    return result
  }
}

function placesOf(node: WriteNode, keepsUnmapped: boolean): Write {
  const places = [...node.places].map(([index, child]) => ({
    index,
    write: compileWrite(child, keepsUnmapped),
    holdsMembers: child.members.size > 0,
  }))
  return (slots, base) => {
    const before: readonly unknown[] = Array.isArray(base) ? base : []
    let list: unknown[] | undefined
    for (const { index, write, holdsMembers } of places) {
      const held = (list ?? before)[index]
      const value = write(slots, held)
      if (value === held || !mayVisit(index)) continue
      list ??= before.slice()
      while (list.length < index) list.push(holdsMembers ? {} : null)
      list[index] = value
    }
    return list ?? base
  }
}

function matchesOf(node: WriteNode, keepsUnmapped: boolean): Write {
  const matches = [...node.matches.values()].map(({ conditions, node: child }) => ({
    conditions,
    write: compileWrite(child, keepsUnmapped),
  }))
  return (slots, base) => {
    const before: readonly unknown[] = Array.isArray(base) ? base : []
    let list: unknown[] | undefined
    for (const { conditions, write } of matches) {
      const present = list ?? before
      if (!mayVisit(present.length * conditions.length)) continue
      const found = present.findIndex((element) => satisfies(element, conditions))
      const held = found < 0 ? elementFor(conditions) : present[found]
      const value = write(slots, held)
      if (value === held || held === undefined) continue
      list ??= before.slice()
      if (found < 0) list.push(value)
      else list[found] = value
    }
    return list ?? base
  }
}

function emptied(whole: unknown): unknown {
  if (Array.isArray(whole)) return whole.map((element) => (isObject(element) ? {} : element))
  return isObject(whole) ? {} : whole
}
