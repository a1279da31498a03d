import { ValenceError } from '../../errors.ts'
import { flatten } from './nested.ts'

/** Tables with more columns open nowhere. */
export const MAX_COLUMNS = 10_000
/** Of the names of all columns of a table together: they are kept with its job, and stand beside the values of each row that fails. */
export const MAX_NAMES_CHARS = 500_000

/**
 * Adds the columns of a record (`flatten`) to those of the records before it, in order of appearance.
 * @throws ValenceError TOO_MANY past 10,000 columns, or half a million characters in their names
 */
export function addColumns(columns: Set<string>, record: Readonly<Record<string, unknown>>): void {
  const { size } = columns
  for (const column of flatten(record).keys()) columns.add(column)
  if (columns.size === size) return
  const what =
    columns.size > MAX_COLUMNS
      ? `more than ${MAX_COLUMNS} different fields`
      : namesChars(columns) > MAX_NAMES_CHARS
        ? `fields whose names have more than ${MAX_NAMES_CHARS} characters together`
        : undefined
  if (what === undefined) return
  throw new ValenceError(
    'TOO_MANY',
    `The records have ${what}; name those that you want, as in "select id, name from …"`,
  )
}

export function namesChars(columns: Iterable<string>): number {
  let chars = 0
  for (const column of columns) chars += column.length
  return chars
}
