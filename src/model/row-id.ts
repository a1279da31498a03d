/** Of PostgreSQL's `integer`, which ids of rows are. */
export const LARGEST_ROW_ID = 2_147_483_647

/** Ids that callers send may be absurd; what no row can have is found nowhere, and asked of no column (spec 00 §1: 404). */
export function isRowId(id: number): boolean {
  return Number.isInteger(id) && id > 0 && id <= LARGEST_ROW_ID
}

/** For complaints: `id 7`. What no row can have is not repeated: paths hold it in spellings that are gone by then. */
export function idInWords(id: number): string {
  return isRowId(id) ? `id ${id}` : 'that id'
}
