import { ValenceError } from '../errors.ts'
import type { InstanceFinder } from '../instances/find.ts'
import type { Instance } from '../instances/instance.ts'
import type { InstanceTables } from '../instances/instance-table.ts'
import type { EventContext } from './event-context.ts'
import type { Named } from './whom.ts'

type FindContext = Pick<EventContext, 'store'> & { finder: InstanceFinder }

export interface Found {
  /** known, unknown and deleted ones */
  all: readonly number[]
  known: readonly Instance[]
  /** they may still be being made */
  unknown: readonly number[]
}

const NOBODY: Found = { all: [], known: [], unknown: [] }

/**
 * Instances that a webhook names, from memory where they are known. Of several ids one question tells first which are there: they may be made up,
 * and to look for each would cost a question of three tables a piece.
 */
export async function findNamed(context: FindContext, named: Named): Promise<Found> {
  if ('token' in named) {
    const instance = await byToken(context, named.token)
    return instance ? { all: [instance.id], known: [instance], unknown: [] } : NOBODY
  }
  const { instanceIds: all } = named
  if (all.length === 0) return NOBODY
  const known: Instance[] = []
  const ids = [...new Set(all)]
  for (const id of ids.length > 1 ? await thoseThere(context, ids) : ids) {
    const instance = await context.finder.byId(id)
    if (instance) known.push(instance)
  }
  const missing = ids.filter((id) => !known.some((instance) => instance.id === id))
  return { all, known, unknown: missing.length === 0 ? missing : await withoutDeleted(context, missing) }
}

/** @returns undefined for what is no token of an instance */
async function byToken({ finder }: FindContext, token: string): Promise<Instance | undefined> {
  try {
    return await finder.byToken(token)
  } catch (error) {
    if (error instanceof ValenceError && error.code === 'CREDENTIALS_INVALID') return undefined
    throw error
  }
}

/** In the order of the list. */
async function thoseThere(context: FindContext, ids: readonly number[]): Promise<number[]> {
  const rows = await rowsOf(context, ids).where('deleted_at', 'is', null).execute()
  const there = new Set(rows.map(({ id }) => id))
  return ids.filter((id) => there.has(id))
}

async function withoutDeleted(context: FindContext, ids: readonly number[]): Promise<number[]> {
  const rows = await rowsOf(context, ids).where('deleted_at', 'is not', null).execute()
  const deleted = new Set(rows.map(({ id }) => id))
  return ids.filter((id) => !deleted.has(id))
}

function rowsOf({ store }: FindContext, ids: readonly number[]) {
  return store.db.withTables<InstanceTables>().selectFrom('instances').select('id').where('id', 'in', ids)
}
