/** An answer holds so much, or one that alone is larger: the rest is on the next page. */
const MOST_BYTES = 16 * 1024 * 1024

/**
 * The rows of one page.
 *
 * @param rows one more than the page, if there are so many
 * @returns the last one shown as `next`, when there is more
 */
export function cutAt<Row>(
  rows: readonly Row[],
  pageSize: number,
  bytesOf: (row: Row) => number,
): { shown: readonly Row[]; next: Row | undefined } {
  let bytes = 0
  let count = 0
  for (const row of rows.slice(0, pageSize)) {
    bytes += bytesOf(row)
    if (count > 0 && bytes > MOST_BYTES) break
    count += 1
  }
  const shown = rows.slice(0, count)
  return { shown, next: count < rows.length ? shown.at(-1) : undefined }
}
