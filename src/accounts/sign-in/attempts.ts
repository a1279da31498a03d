import { type Kysely, sql } from 'kysely'
import { ValenceError } from '../../errors.ts'
import type { Store } from '../../store/database.ts'
import type { AccountsTables } from '../accounts-table.ts'

/** How often something may be guessed at. */
export interface Limit {
  /** what is guessed at, or from where; stored as a keyed hash */
  subject: string
  most: number
  /** counted from the first attempt; when it is over everything begins anew, so nobody is shut out for good */
  windowMs: number
  /** of a right guess: whether it makes up for the wrong ones, or only was none itself */
  success: 'forgets' | 'does not count'
}

/** A guess that may be made, counted as a wrong one until it turns out otherwise. */
export interface Attempt {
  /** no more after this one until the window is over */
  isLast: boolean
  succeeded(): Promise<void>
  /** it was no guess after all */
  withdraw(): Promise<void>
}

export interface Attempts {
  /**
   * Counts before the guess is made, so that a thousand at once are no more than a thousand one after the other, in however many processes.
   *
   * @throws ValenceError TOO_MANY_ATTEMPTS (429) with `Retry-After`
   */
  begin(limits: readonly Limit[]): Promise<Attempt>
  /** For who proved otherwise that it is him. */
  forget(db: Kysely<AccountsTables>, subject: string): Promise<void>
}

const SWEEP_EVERY_MS = 60_000
const SWEPT_AT_ONCE = 5_000

/** Guesses of passwords and codes, counted in the database. @param now the clock */
export function createAttempts({ db: plainDb, cipher }: Pick<Store, 'db' | 'cipher'>, now: () => Date): Attempts {
  const db = plainDb.withTables<AccountsTables>()
  let sweptAt = 0

  return {
    async begin(limits) {
      const at = now()
      await sweep(at)
      const rows = limits.map((limit) => ({ ...limit, subject: cipher.lookup(limit.subject) }))
      refuseExhausted(rows, await present(rows), at)
      const counted = await count(rows, at)
      const over = rows.filter(({ subject, most }) => (counted.get(subject)?.count ?? 0) > most)
      if (over.length > 0) {
        await takeBack([...counted.values()])
        refuseExhausted(rows, counted, at)
      }
      return {
        isLast: rows.some(({ subject, most }) => counted.get(subject)?.count === most),
        async succeeded() {
          const forgotten = new Set(rows.filter(({ success }) => success === 'forgets').map(({ subject }) => subject))
          await remove(db, [...forgotten])
          await takeBack([...counted.values()].filter(({ subject }) => !forgotten.has(subject)))
        },
        withdraw: () => takeBack([...counted.values()]),
      }
    },
    forget: (trx, subject) => remove(trx, cipher.lookups(subject)),
  }

  async function present(rows: readonly Limit[]): Promise<Counted> {
    const subjects = rows.map(({ subject }) => subject)
    return byName(await db.selectFrom('attempts').selectAll().where('subject', 'in', subjects).execute())
  }

  /** Rows in one order, so that no two statements wait for each other. */
  async function count(rows: readonly Limit[], at: Date): Promise<Counted> {
    const subjects = rows.map(({ subject }) => subject)
    const ends = rows.map(({ windowMs }) => new Date(at.getTime() + windowMs))
    const { rows: counted } = await sql<Row>`
      insert into attempts as kept (subject, count, ends_at)
      select subject, 1, ends_at from unnest(${subjects}::text[], ${ends}::timestamptz[]) as given (subject, ends_at)
      order by subject
      on conflict (subject) do update set
        count = case when kept.ends_at <= ${at} then 1 else kept.count + 1 end,
        ends_at = case when kept.ends_at <= ${at} then excluded.ends_at else kept.ends_at end
      returning subject, count, ends_at`.execute(db)
    return byName(counted)
  }

  /** Within the window in which they were counted. */
  async function takeBack(counted: readonly Row[]): Promise<void> {
    for (const { subject, ends_at } of counted.toSorted((a, b) => (a.subject < b.subject ? -1 : 1))) {
      await db
        .updateTable('attempts')
        .set((eb) => ({ count: eb('count', '-', 1) }))
        .where('subject', '=', subject)
        .where('ends_at', '=', ends_at)
        .where('count', '>', 0)
        .execute()
    }
  }

  /** What no longer counts need not be kept; a piece now and then, by whoever comes by. */
  async function sweep(at: Date): Promise<void> {
    if (at.getTime() - sweptAt < SWEEP_EVERY_MS) return
    sweptAt = at.getTime()
    await sql`
      delete from attempts where subject in (
        select subject from attempts where ends_at <= ${at} limit ${SWEPT_AT_ONCE} for update skip locked)`.execute(db)
  }
}

interface Row {
  subject: string
  count: number
  ends_at: Date
}
type Counted = ReadonlyMap<string, Row>

function byName(rows: readonly Row[]): Counted {
  return new Map(rows.map((row) => [row.subject, row]))
}

async function remove(db: Kysely<AccountsTables>, subjects: readonly string[]): Promise<void> {
  if (subjects.length > 0) await db.deleteFrom('attempts').where('subject', 'in', subjects).execute()
}

/** The text is the same whatever is exhausted, and whether or not there is such a user. */
function refuseExhausted(limits: readonly Limit[], counted: Counted, at: Date): void {
  const ends = limits.flatMap(({ subject, most }) => {
    const row = counted.get(subject)
    return row && row.count >= most && row.ends_at > at ? [row.ends_at.getTime()] : []
  })
  if (ends.length === 0) return
  const seconds = Math.max(1, Math.ceil((Math.max(...ends) - at.getTime()) / 1000))
  throw new ValenceError('TOO_MANY_ATTEMPTS', `Too many attempts; try again in ${seconds} seconds`, {
    headers: { 'retry-after': String(seconds) },
  })
}
