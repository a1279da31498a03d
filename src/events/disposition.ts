import { type RawBuilder, sql } from 'kysely'
import { storableText } from '../model/storable-text.ts'

/** A line of an event's dispositions (spec 40 §10.1), for people. */
export interface Disposition {
  message: string
  /** ISO 8601 */
  timestamp: string
}

/** More than enough for every attempt of every receiver: the rest of a row that is asked for again and again is not kept. */
const MAX_MESSAGES_CHARS = 64_000

/** As JSON text, for `withMessage`. */
export function disposition(message: string, at: Date): string {
  return JSON.stringify({ message: storableText(message), timestamp: at.toISOString() } satisfies Disposition)
}

/**
 * `messages` of a row with one more line, which is JSON text or null. Put together as text: what a script or a receiver says is
 * not always what a `jsonb` takes.
 */
export function withMessage(line: RawBuilder<unknown>): RawBuilder<string> {
  return sql`case
    when ${line} is null or length(target.messages) > ${sql.lit(MAX_MESSAGES_CHARS)} then target.messages
    when target.messages = '[]' then '[' || ${line} || ']'
    else left(target.messages, -1) || ',' || ${line} || ']' end`
}

export function readDispositions(messages: string): Disposition[] {
  return JSON.parse(messages) as Disposition[]
}
