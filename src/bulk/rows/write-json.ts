import { ExactNumber } from '../../model/exact-number.ts'
import { eventLoopTurns } from './event-loop-turns.ts'
import { linesOf } from './json-lines.ts'
import { parseExactly } from './parse-exactly.ts'

const BATCH_BYTES = 64 * 1024

export interface JsonWriting {
  /** numbers and booleans as texts: `convertToNativeType: false` (spec 22 §8) */
  asText?: boolean
}

/**
 * Records as JSON lines, each ended by `\n`; as they are stored where nothing is to be changed.
 * @param lines JSON lines, one record each
 */
export async function* jsonLinesOf(
  lines: AsyncIterable<Buffer>,
  { asText = false }: JsonWriting = {},
): AsyncGenerator<Buffer, void, undefined> {
  if (!asText) {
    yield* lines
    return
  }
  const takeTurns = eventLoopTurns()
  for await (const batch of linesOf(lines, BATCH_BYTES)) {
    let written = ''
    for (const line of batch) written += `${JSON.stringify(textsOf(parseExactly(line)))}\n`
    yield Buffer.from(written)
    await takeTurns()
  }
}

function textsOf(value: unknown): unknown {
  if (typeof value === 'number' || typeof value === 'boolean' || value instanceof ExactNumber) return String(value)
  if (Array.isArray(value)) return value.map(textsOf)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, textsOf(member)]))
}
