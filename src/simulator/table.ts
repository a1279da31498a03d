import type { Row } from './simulation.ts'

export interface StoredRow {
  row: Row
  /** values of the path variables above a nested collection, joined; empty at the top */
  parent: string
}

/** The rows of one resource in the order of their making; ids are consecutive integers. */
export interface Table {
  all(): StoredRow[]
  below(parent: string): Row[]
  find(parent: string, id: string): Row | undefined
  nextId(): number
  put(parent: string, row: Row): void
  remove(parent: string, id: string): boolean
  /** whether there was such a row once */
  wasRemoved(parent: string, id: string): boolean
  clear(): void
}

/** Callers may write for days; what is oldest gives way. */
const MAX_ROWS = 5_000
const MAX_REMEMBERED = 20_000

export function createTable(idField: string): Table {
  const rows = new Map<string, StoredRow>()
  const removed = new Set<string>()
  let lastId = 0
  const keyOf = (parent: string, id: unknown) => `${parent}/${String(id)}`
  return {
    all: () => [...rows.values()],
    below(parent) {
      const found: Row[] = []
      for (const stored of rows.values()) if (stored.parent === parent) found.push(stored.row)
      return found
    },
    find: (parent, id) => rows.get(keyOf(parent, id))?.row,
    nextId: () => lastId + 1,
    put(parent, row) {
      const id = row[idField]
      if (Number.isSafeInteger(Number(id))) lastId = Math.max(lastId, Number(id))
      else if (!rows.has(keyOf(parent, id))) lastId++
      rows.set(keyOf(parent, id), { row, parent })
      removed.delete(keyOf(parent, id))
      if (rows.size > MAX_ROWS) rows.delete(rows.keys().next().value ?? '')
    },
    remove(parent, id) {
      if (removed.size > MAX_REMEMBERED) removed.clear()
      removed.add(keyOf(parent, id))
      return rows.delete(keyOf(parent, id))
    },
    wasRemoved: (parent, id) => removed.has(keyOf(parent, id)),
    clear: () => rows.clear(),
  }
}
