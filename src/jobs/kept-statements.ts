import { createHash } from 'node:crypto'
import { Client, type QueryConfig } from 'pg'

/** a statement that came that often is kept */
const OFTEN = 20
const MOST_KEPT = 60
const MOST_COUNTED = 1_000

/**
 * Statements of the queue that come again and again are planned once for each connection: they take ten times as long to plan as to run.
 */
export class KeepingClient extends Client {
  override query(text: unknown, values?: unknown, done?: unknown): never {
    // what has no values may be several commands, which cannot be kept
    const kept = typeof text === 'string' && Array.isArray(values) && values.length > 0 ? keep(text, values) : undefined
    const query = super.query as (...args: unknown[]) => never
    return kept ? query.call(this, kept, done) : query.call(this, text, values, done)
  }
}

/**
 * Plans that are kept must not come from the moment when the table was empty: there is an index for whatever is looked for. What looks at all
 * rows still can, and must not be compiled for it.
 */
export const KEPT_PLANS = '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off'

const counts = new Map<string, number>()
const names = new Map<string, string>()

function keep(text: string, values: unknown[]): QueryConfig | undefined {
  const known = names.get(text)
  if (known !== undefined) return { name: known, text, values }
  const count = (counts.get(text) ?? 0) + 1
  if (counts.size >= MOST_COUNTED) counts.clear()
  counts.set(text, count)
  if (count < OFTEN || names.size >= MOST_KEPT) return undefined
  counts.delete(text)
  names.set(text, createHash('sha256').update(text).digest('hex').slice(0, 32))
  return undefined
}
