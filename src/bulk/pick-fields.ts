/**
 * Of a row of an answer only what was asked for, in that order (spec 22 §7, §9: `fields`). Names that the row lacks are left out.
 * @param fields none: the whole row
 */
export function pickFields<Row extends object>(row: Row, fields: readonly string[]): Row | Partial<Row> {
  if (fields.length === 0) return row
  return Object.fromEntries(
    fields.flatMap((name) => (Object.hasOwn(row, name) ? [[name, Reflect.get(row, name)]] : [])),
  ) as Partial<Row>
}
