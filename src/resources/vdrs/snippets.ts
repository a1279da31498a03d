import { type ColumnType, type Generated, type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import Type, { type Static } from 'typebox'
import { recordChange } from '../../audit/record-change.ts'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import { isRowId } from '../../model/row-id.ts'
import { accountOwner, type LevelOwner, mayWrite, organizationOwner, SYSTEM_OWNER } from '../level-owner.ts'
import { LIMITS } from '../limits.ts'
import { type Body, readText } from '../read-body.ts'
import type { ResourceContext } from '../resource-context.ts'
import { stampOf } from '../transformation-body.ts'

type SnippetTables = { snippets: SnippetTable }
type SnippetTable = {
  id: Generated<number>
  organization_id: number | null
  account_id: number | null
  user_id: number
  name: string
  body: string
  description: string | null
  snippet_type: string
  created_at: ColumnType<Date, Date | undefined, never>
  updated_at: ColumnType<Date, Date | undefined, Date>
}
type SnippetRow = Selectable<SnippetTable>

const LEVELS = ['system', 'organization', 'account'] as const

/** A script that is kept to be used again (spec 20 §6). */
export const SnippetBody = Type.Object(
  {
    id: Type.Integer(),
    name: Type.String(),
    body: Type.String({ description: 'The script' }),
    description: Type.Optional(Type.String()),
    snippetType: Type.String({ examples: ['transformation'] }),
    level: Type.Enum([...LEVELS], { description: 'Who sees it' }),
    userId: Type.Integer({ description: 'Of whoever made it' }),
    createdDate: Type.String(),
  },
  { title: 'Snippet' },
)
export type SnippetBody = Static<typeof SnippetBody>

type Context = Pick<ResourceContext, 'store'>

/** Those of the platform, of the caller's organization and of his account, by name. */
export async function listSnippets({ store }: Context, caller: Caller): Promise<SnippetBody[]> {
  const rows = await seenBy(store.db.withTables<SnippetTables>(), caller).orderBy('name').orderBy('id').execute()
  return rows.map(toBody)
}

/** @throws ValenceError NOTHING_FOUND (404) */
export async function readSnippet({ store }: Context, caller: Caller, id: number): Promise<SnippetBody> {
  return toBody(await findSnippet(store.db.withTables<SnippetTables>(), caller, id))
}

/**
 * `POST /vdrs/snippets`: of the caller's account unless the body says another `level`.
 * @throws ValenceError BODY_INVALID, FORBIDDEN, TOO_MANY (409)
 */
export async function createSnippet({ store }: Context, caller: Caller, body: Body): Promise<SnippetBody> {
  const { name, body: script, ...rest } = readSnippetBody(body)
  if (name === undefined || script === undefined) {
    throw new ValenceError('BODY_INVALID', 'name and body are required: what the script is called, and the script')
  }
  const owner = ownerOf(caller, body['level'] ?? 'account')
  assertMayKeep(caller, owner)
  return store.changes.transaction(async (plainTrx) => {
    const trx = plainTrx.withTables<SnippetTables>()
    const columns = { organization_id: owner.organizationId ?? null, account_id: owner.accountId ?? null }
    const { count } = await trx
      .selectFrom('snippets')
      .select(sql<number>`count(*)::integer`.as('count'))
      .where(sql<boolean>`organization_id is not distinct from ${columns.organization_id}`)
      .executeTakeFirstOrThrow()
    if (count >= LIMITS.snippets) {
      throw new ValenceError('TOO_MANY', `An organization keeps at most ${LIMITS.snippets} snippets; delete one first`)
    }
    const values = { ...columns, user_id: caller.userId, name, body: script, snippet_type: 'transformation', ...rest }
    const row = await trx.insertInto('snippets').values(values).returningAll().executeTakeFirstOrThrow()
    const after = toBody(row)
    await recordChange(plainTrx, caller, { entity: 'snippet', id: row.id, action: 'create', after })
    return after
  })
}

/** `PUT /vdrs/snippets/{id}`: what the body speaks of. @throws ValenceError NOTHING_FOUND, BODY_INVALID, FORBIDDEN */
export async function updateSnippet({ store }: Context, caller: Caller, id: number, body: Body): Promise<SnippetBody> {
  const changes = readSnippetBody(body)
  return store.changes.transaction(async (plainTrx) => {
    const trx = plainTrx.withTables<SnippetTables>()
    const present = await findSnippet(trx, caller, id)
    assertMayKeep(caller, ownerOf(caller, levelOf(present)))
    const row = await trx
      .updateTable('snippets')
      .set({ ...changes, updated_at: sql<Date>`now()` })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirst()
    if (!row) throw notFound(id)
    const [before, after] = [toBody(present), toBody(row)]
    await recordChange(plainTrx, caller, { entity: 'snippet', id, action: 'update', before, after })
    return after
  })
}

/** @throws ValenceError NOTHING_FOUND, FORBIDDEN */
export async function removeSnippet({ store }: Context, caller: Caller, id: number): Promise<void> {
  await store.changes.transaction(async (plainTrx) => {
    const trx = plainTrx.withTables<SnippetTables>()
    const present = await findSnippet(trx, caller, id)
    assertMayKeep(caller, ownerOf(caller, levelOf(present)))
    const { numDeletedRows } = await trx.deleteFrom('snippets').where('id', '=', id).executeTakeFirstOrThrow()
    if (numDeletedRows === 0n) throw notFound(id)
    await recordChange(plainTrx, caller, { entity: 'snippet', id, action: 'delete', before: toBody(present) })
  })
}

/** They go with their owner, in the transaction that ends him. */
export async function removeSnippetsOf<DB>(
  trx: Transaction<DB>,
  gone: { accountId: number } | { organizationId: number },
): Promise<void> {
  const isTheirs =
    'accountId' in gone ? sql`account_id = ${gone.accountId}` : sql`organization_id = ${gone.organizationId}`
  await sql`delete from snippets where ${isTheirs}`.execute(trx)
}

function seenBy(db: Kysely<SnippetTables>, { organizationId, accountId }: Caller) {
  return db
    .selectFrom('snippets')
    .selectAll()
    .where(sql<boolean>`(organization_id is null or (organization_id = ${organizationId}
      and (account_id is null or account_id = ${accountId})))`)
}

async function findSnippet(db: Kysely<SnippetTables>, caller: Caller, id: number): Promise<SnippetRow> {
  const row = isRowId(id) ? await seenBy(db, caller).where('id', '=', id).executeTakeFirst() : undefined
  if (!row) throw notFound(id)
  return row
}

function notFound(id: number): ValenceError {
  return new ValenceError('NOTHING_FOUND', `No snippet with id ${id} found`)
}

function readSnippetBody(body: Body): Partial<Pick<SnippetRow, 'name' | 'body' | 'description' | 'snippet_type'>> {
  const name = readText(body['name'], 'name', LIMITS.nameLength)
  const script = readText(body['body'], 'body', LIMITS.scriptChars)
  const description = readText(body['description'], 'description', LIMITS.descriptionLength)
  const type = readText(body['snippetType'], 'snippetType', LIMITS.textLength)
  return {
    ...(name === undefined ? {} : { name }),
    ...(script === undefined ? {} : { body: script }),
    ...(description === undefined ? {} : { description }),
    ...(type === undefined ? {} : { snippet_type: type }),
  }
}

/** @throws ValenceError BODY_INVALID */
function ownerOf(caller: Caller, level: unknown): LevelOwner {
  if (level === 'system') return SYSTEM_OWNER
  if (level === 'organization') return organizationOwner(caller)
  if (level === 'account') return accountOwner(caller)
  throw new ValenceError('BODY_INVALID', `level: expected one of ${LEVELS.join(', ')}`)
}

/** A snippet is nothing that calls depend on: every user of an account keeps its own. */
function assertMayKeep(caller: Caller, owner: LevelOwner): void {
  if (owner.level === 'account' || mayWrite(caller, owner)) return
  throw new ValenceError('FORBIDDEN', `Snippets of level ${owner.level} are kept by ${KEEPERS[owner.level]}`)
}

const KEEPERS = {
  system: 'users with the role vdrAdmin',
  organization: 'administrators of the organization',
  account: 'users of the account',
  instance: 'nobody',
} as const

function levelOf(row: Pick<SnippetRow, 'organization_id' | 'account_id'>): SnippetBody['level'] {
  if (row.organization_id === null) return 'system'
  return row.account_id === null ? 'organization' : 'account'
}

function toBody(row: SnippetRow): SnippetBody {
  return {
    ...{ id: row.id, name: row.name, body: row.body },
    ...(row.description === null ? {} : { description: row.description }),
    ...{ snippetType: row.snippet_type, level: levelOf(row), userId: row.user_id },
    createdDate: stampOf(row.created_at),
  }
}
