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
}

export function createTable(idField: string): Table {
  const rows = new Map<string, StoredRow>()
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
      if (Number.isInteger(Number(id))) lastId = Math.max(lastId, Number(id))
      else if (!rows.has(keyOf(parent, id))) lastId++
      rows.set(keyOf(parent, id), { row, parent })
    },
    remove: (parent, id) => rows.delete(keyOf(parent, id)),
  }
}
