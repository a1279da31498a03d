import Type from 'typebox'
import { recordChange } from '../audit/record-change.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import type { Hub } from '../model/element.ts'
import type { Catalog } from './catalog.ts'
import type { Viewer } from './directory.ts'
import type { ElementContext } from './element-context.ts'
import { elementDb, type HubTable } from './element-table.ts'
import { COMMON_RESOURCES } from './hub-file.ts'
import { type Part, textOf } from './part-kinds.ts'
import type { Change } from './store-element.ts'

const MAX_HUBS = 200
const MAX_TEXT = 1_000
const KEY = /^[^/?#{}%\s\p{Cc}]{1,100}$/u

/** Body of `POST /hubs`, as a reader of the API has to know it. */
export const HubRequest = Type.Object(
  {
    name: Type.String(),
    key: Type.Optional(Type.String({ description: 'Made from the name when absent' })),
    description: Type.Optional(Type.String()),
    videoLink: Type.Optional(Type.String()),
    active: Type.Optional(Type.Boolean()),
  },
  { title: 'HubRequest' },
)

/** Hubs that the account made itself, by id (spec 10 §3). */
export async function listOwnHubs({ store }: Pick<ElementContext, 'store'>, viewer: Viewer): Promise<Hub[]> {
  const rows = await elementDb(store)
    .selectFrom('hubs')
    .selectAll()
    .where('account_id', '=', viewer.accountId)
    .where('organization_id', '=', viewer.organizationId)
    .orderBy('id')
    .execute()
  return rows.map(toHub)
}

/**
 * `POST /hubs` (spec 10 §3): `name`, `key` (from the name when absent), `description`, `videoLink`, `active`.
 * @throws ValenceError PARAMETER_MISSING, PARAMETER_INVALID, ALREADY_EXISTS (409)
 */
export async function createHub(context: ElementContext, caller: Caller, body: Part): Promise<Hub> {
  context.authorize(caller, 'hubs.create')
  for (const member of ['name', 'key', 'description', 'videoLink']) assertText(body, member)
  const name = textOf(body, 'name')?.trim() || textOf(body, 'key')?.trim()
  if (!name) throw new ValenceError('PARAMETER_MISSING', 'name: the name of the hub is required')
  const key = (textOf(body, 'key')?.trim() || name.replace(/\s+/g, '')).toLowerCase()
  if (!KEY.test(key) || key === 'keys') {
    throw new ValenceError('PARAMETER_INVALID', `key: "${key}" cannot stand in a path; use letters, digits and dashes`)
  }
  const created = await context.store.changes.transaction((trx) =>
    insertHub(trx.withTables<{ hubs: HubTable }>() as unknown as Change['trx'], context.elements.shipped, caller, {
      key,
      name,
      description: textOf(body, 'description') ?? '',
      video_link: textOf(body, 'videoLink') ?? null,
      active: body['active'] !== false,
    }),
  )
  if (!created) throw new ValenceError('ALREADY_EXISTS', `There is a hub "${key}" already`)
  return created
}

/** @throws ValenceError HUB_NOT_FOUND (404); FORBIDDEN for one that came with Valence */
export async function deleteHub(context: ElementContext, caller: Caller, key: string): Promise<void> {
  context.authorize(caller, 'hubs.delete')
  const deleted = await elementDb(context.store)
    .transaction()
    .execute(async (trx) => {
      const row = await trx
        .deleteFrom('hubs')
        .where('account_id', '=', caller.accountId)
        .where('key', '=', key.toLowerCase())
        .returningAll()
        .executeTakeFirst()
      if (row) await recordChange(trx, caller, { entity: 'hub', id: row.id, action: 'delete', before: toHub(row) })
      return row
    })
  if (deleted) return
  if (context.elements.shipped.findHub(key)) {
    throw new ValenceError('FORBIDDEN', `The hub "${key}" came with Valence and cannot be deleted`)
  }
  throw hubNotFound(key)
}

/** An element may name a hub that nobody knows: it is made (spec 10 §2.4). */
export async function ensureHub(
  { trx }: Pick<Change, 'trx'>,
  catalog: Catalog,
  caller: Caller,
  key: string | undefined,
): Promise<void> {
  if (key === undefined || key === '') return
  await insertHub(trx, catalog, caller, { key, name: key, description: '', video_link: null, active: true })
}

export function hubNotFound(key: string): ValenceError {
  return new ValenceError('HUB_NOT_FOUND', `There is no hub "${key}"; GET /hubs/keys lists them`)
}

/** @returns undefined when there is one by that key */
async function insertHub(
  trx: Change['trx'],
  catalog: Catalog,
  caller: Caller,
  hub: Pick<HubTable, 'key' | 'name' | 'description' | 'video_link' | 'active'>,
): Promise<Hub | undefined> {
  if (catalog.findHub(hub.key)) return undefined
  const { accountId, organizationId } = caller
  const { count } = await trx
    .selectFrom('hubs')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow()
  const row = await trx
    .insertInto('hubs')
    .values({ ...hub, account_id: accountId, organization_id: organizationId })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst()
  if (row && count >= MAX_HUBS) {
    throw new ValenceError('FORBIDDEN', `The account has ${count} hubs of its own, which is the most; delete one first`)
  }
  if (!row) return undefined
  const made = toHub(row)
  await recordChange(trx, caller, { entity: 'hub', id: made.id, action: 'create', after: made })
  return made
}

function toHub(row: Omit<HubTable, 'id' | 'created_at'> & { id: number }): Hub {
  return {
    id: row.id,
    name: row.name,
    key: row.key,
    description: row.description,
    ...(row.video_link === null ? {} : { videoLink: row.video_link }),
    active: row.active,
    resources: [...COMMON_RESOURCES],
  }
}

function assertText(body: Part, member: string): void {
  const value = body[member]
  if (value === undefined || value === null) return
  if (typeof value !== 'string' || value.length > MAX_TEXT) {
    throw new ValenceError('PARAMETER_INVALID', `${member}: expected text of at most ${MAX_TEXT} characters`)
  }
}
