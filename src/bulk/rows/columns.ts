import { ValenceError } from '../../errors.ts'
import { flatten } from './nested.ts'

/** Tables with more columns open nowhere. */
export const MAX_COLUMNS = 10_000

/**
 * Adds the columns of a record (`flatten`) to those of the records before it, in order of appearance.
 * @throws ValenceError TOO_MANY past 10,000 columns
 */
export function addColumns(columns: Set<string>, record: Readonly<Record<string, unknown>>): void {
  for (const column of flatten(record).keys()) columns.add(column)
  if (columns.size > MAX_COLUMNS) {
    throw new ValenceError(
      'TOO_MANY',
      `The records have more than ${MAX_COLUMNS} different fields; name those that you want, as in "select id, name from …"`,
    )
  }
}
