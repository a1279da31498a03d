import { type Kysely, sql } from 'kysely'
import type { Store } from './database.ts'
import type { Log } from './tables.ts'

/**
 * Tables of facts that come in time and go by age (usage, audit log): partitioned by day or month of one column, so that
 * what is too old is dropped with its partition instead of being deleted row by row.
 *
 * The migration makes the table and `<table>_default`, which takes rows for which there is no partition yet: an insert
 * never fails for want of one. Partitions are `<table>_2026_11` and `<table>_2026_11_25`, in UTC.
 */
export interface TimePartitions {
  table: string
  /** the partition key, `timestamptz` */
  column: string
  unit: 'day' | 'month'
  /** a partition goes when its youngest possible row is older */
  keepDays: number
  /** units after the present one for which a partition is made */
  ahead: number
}

const DAY_MS = 86_400_000
/** Whoever waits for a lock on the table keeps all its readers waiting: better try again later. */
const LOCK_TIMEOUT_MS = 2_000

/**
 * Makes the partitions of the present and the near future, moving rows there that the default partition took meanwhile,
 * and drops those that are too old. Several processes may do it at once.
 *
 * @returns names of partitions that were made and dropped
 * @throws Error of the database, also when the table was busy for too long: what is missing is done by the next run
 */
export async function keepPartitions<DB>(
  db: Kysely<DB>,
  partitions: TimePartitions,
  now: Date,
): Promise<{ made: string[]; dropped: string[] }> {
  const { table, unit, keepDays, ahead } = partitions
  const oldest = new Date(now.getTime() - keepDays * DAY_MS)
  const there = await namesOf(db, table)
  const wanted = Array.from({ length: ahead + 1 }, (_, index) => partitionAt(partitions, now, index))
  const made: string[] = []
  for (const partition of wanted.filter(({ name }) => !there.includes(name))) {
    if (await make(db, partitions, partition)) made.push(partition.name)
  }
  const dropped = there.filter((name) => {
    const start = startOf(table, name)
    return start !== undefined && startOfUnit(start, unit, 1) <= oldest
  })
  for (const name of dropped) await locked(db, table, (trx) => sql`drop table if exists ${sql.id(name)}`.execute(trx))
  await sql`delete from ${sql.id(`${table}_default`)} where ${sql.id(partitions.column)} < ${oldest}`.execute(db)
  return { made, dropped }
}

interface Partition {
  name: string
  from: Date
  to: Date
}

function partitionAt({ table, unit }: TimePartitions, now: Date, index: number): Partition {
  const from = startOfUnit(now, unit, index)
  const text = from.toISOString().slice(0, unit === 'day' ? 10 : 7)
  return { name: `${table}_${text.replaceAll('-', '_')}`, from, to: startOfUnit(now, unit, index + 1) }
}

/** Midnight UTC of the day, or of the first of the month, `later` units later. */
function startOfUnit(time: Date, unit: TimePartitions['unit'], later: number): Date {
  const [year, month, day] = [time.getUTCFullYear(), time.getUTCMonth(), time.getUTCDate()]
  return new Date(unit === 'day' ? Date.UTC(year, month, day + later) : Date.UTC(year, month + later))
}

/** @returns undefined for the default partition */
function startOf(table: string, name: string): Date | undefined {
  const [, year, month, day = '01'] = /^_(\d{4})_(\d\d)(?:_(\d\d))?$/.exec(name.slice(table.length)) ?? []
  return year === undefined ? undefined : new Date(`${year}-${month}-${day}T00:00:00Z`)
}

async function namesOf<DB>(db: Kysely<DB>, table: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_inherits join pg_class on oid = inhrelid
    where inhparent = ${table}::regclass order by relname`.execute(db)
  return rows.map(({ name }) => name)
}

/**
 * The new table is filled before it becomes a partition, so that readers of the others go on. Writers wait: a row that was on
 * its way to the default partition would be refused there once its time has a partition of its own.
 *
 * @returns false when another process was faster
 */
async function make<DB>(db: Kysely<DB>, { table, column }: TimePartitions, { name, from, to }: Partition) {
  const [parent, fallback, partition, key] = [table, `${table}_default`, name, column].map((id) => sql.id(id))
  return locked(db, table, async (trx) => {
    if ((await namesOf(trx, table)).includes(name)) return false
    await sql`lock table ${parent} in share row exclusive mode`.execute(trx)
    await sql`lock table ${fallback} in access exclusive mode`.execute(trx)
    // a partition takes the numbers of the parent; PostgreSQL 17 refuses one that counts by itself
    await sql`create table ${partition} (like ${parent} including all excluding identity)`.execute(trx)
    await sql`
      with early as (delete from ${fallback} where ${key} >= ${from} and ${key} < ${to} returning *)
      insert into ${partition} select * from early`.execute(trx)
    const [first, last] = [from, to].map((date) => sql.lit(date.toISOString()))
    await sql`alter table ${parent} attach partition ${partition} for values from (${first}) to (${last})`.execute(trx)
    return true
  })
}

/** One process at a time, and none for longer than the table can wait. */
async function locked<DB, T>(db: Kysely<DB>, table: string, work: (trx: Kysely<DB>) => Promise<T>): Promise<T> {
  return db.transaction().execute(async (trx) => {
    await sql`select set_config('lock_timeout', ${String(LOCK_TIMEOUT_MS)}, true)`.execute(trx)
    await sql`select pg_advisory_xact_lock(hashtext(${`valence partitions of ${table}`}))`.execute(trx)
    return work(trx)
  })
}

/** For a timer, and once at the start: runs do not overlap, and what failed is tried again the next time. */
export function createPartitionKeeper(
  { db }: Pick<Store, 'db'>,
  { tables, now, log }: { tables: readonly TimePartitions[]; now(): Date; log: Log },
): () => Promise<void> {
  let isRunning = false
  return async () => {
    if (isRunning) return
    isRunning = true
    try {
      for (const partitions of tables) await keep(partitions)
    } finally {
      isRunning = false
    }
  }

  async function keep(partitions: TimePartitions): Promise<void> {
    const { table } = partitions
    try {
      const { made, dropped } = await keepPartitions(db, partitions, now())
      if (made.length + dropped.length > 0) log.info({ table, made, dropped }, 'partitions were made or dropped')
    } catch (error) {
      log.warn({ err: error, table }, 'partitions could not be kept; their rows wait in the default partition')
    }
  }
}
