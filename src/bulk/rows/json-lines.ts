const LINE_END = 0x0a

/**
 * The lines of a stored file, without their ends and never empty, in batches of about `batchBytes`.
 * @param lines UTF-8, each line ended by `\n`, cut anywhere
 */
export async function* linesOf(
  chunks: AsyncIterable<Buffer>,
  batchBytes: number,
): AsyncGenerator<string[], void, undefined> {
  let begun: Buffer[] = []
  for await (const chunk of chunks) {
    let at = 0
    while (at < chunk.length) {
      const end = endOfBatch(chunk, at, batchBytes)
      if (end === 0) break
      const text = Buffer.concat([...begun, chunk.subarray(at, end)]).toString('utf8')
      begun = []
      at = end
      const lines = text.split('\n').filter((line) => line !== '')
      if (lines.length > 0) yield lines
    }
    if (at < chunk.length) begun.push(chunk.subarray(at))
  }
  const last = Buffer.concat(begun).toString('utf8')
  if (last !== '') yield [last]
}

/** @returns place behind the first line end that is `batchBytes` away or more, else behind the last one; 0 when there is none */
function endOfBatch(chunk: Buffer, from: number, batchBytes: number): number {
  const next = from + batchBytes < chunk.length ? chunk.indexOf(LINE_END, from + batchBytes) : -1
  const last = next < 0 ? chunk.lastIndexOf(LINE_END) : next
  return last < from ? 0 : last + 1
}
