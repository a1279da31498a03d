export interface Inserted {
  /** rows that were not there yet */
  stored: number
  /** items that the table does not take, whatever else is in the batch */
  refused: number
}

/**
 * Inserts a batch of facts in one statement. Where the database refuses the values of one of them, the batch is halved until the bad one is
 * alone: it must not take the others with it.
 *
 * @param insert one statement; returns the number of rows it stored
 * @throws whatever else keeps the database from answering; never for what is in an item
 */
export async function insertInParts<T>(
  items: readonly T[],
  insert: (items: readonly T[]) => Promise<number>,
): Promise<Inserted> {
  try {
    return { stored: await insert(items), refused: 0 }
  } catch (error) {
    if (!isAboutValues(error)) throw error
    if (items.length <= 1) return { stored: 0, refused: items.length }
    const middle = items.length >> 1
    const first = await insertInParts(items.slice(0, middle), insert)
    const second = await insertInParts(items.slice(middle), insert)
    return { stored: first.stored + second.stored, refused: first.refused + second.refused }
  }
}

/** Classes 22 and 23 of PostgreSQL's error codes (appendix A): data and constraints. They would be refused for ever. */
export function isAboutValues(error: unknown): boolean {
  return /^2[23]/.test((error as { code?: unknown }).code as string)
}
