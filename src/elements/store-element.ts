import { sql, type Transaction } from 'kysely'
import { ValenceError } from '../errors.ts'
import { isoSeconds } from '../model/iso-seconds.ts'
import type { Publish } from '../store/changes.ts'
import { elementChange, organizationElementChange } from './directory.ts'
import {
  type ElementContext,
  MAX_BYTES_PER_ACCOUNT,
  MAX_ELEMENT_BYTES,
  MAX_ELEMENTS_PER_ACCOUNT,
  MAX_SUMMARY_BYTES,
} from './element-context.ts'
import { assertElementSize } from './element-size.ts'
import type { ElementTables } from './element-table.ts'
import { LONG_MEMBERS } from './element-views.ts'
import type { Part } from './part-kinds.ts'
import type { Prepared } from './prepare-element.ts'
import type { Pen } from './write-parts.ts'

/** A row of `elements` that this transaction has to itself. */
export interface LockedElement extends Prepared {
  id: number
  accountId: number
  organizationId: number
  /** the shipped element that these parts were added to */
  extendsId: number | null
  lastPartId: number
  sizeBytes: number
}

export interface Change {
  trx: Transaction<ElementTables>
  publish: Publish
}

/** Runs `work` in a transaction; whoever must know of changed elements has heard when it resolves. */
export async function changeElements<T>(context: ElementContext, work: (change: Change) => Promise<T>): Promise<T> {
  const result = await context.store.changes.transaction((trx, publish) =>
    work({ trx: trx.withTables<ElementTables>() as unknown as Transaction<ElementTables>, publish }),
  )
  await context.afterChange()
  return result
}

/** Gives the parts of an element their numbers, from the last one it ever gave. */
export function penOf(context: Pick<ElementContext, 'now'>, lastPartId: number): Pen & { last(): number } {
  let last = lastPartId
  return { take: () => ++last, last: () => last, now: isoSeconds(context.now()) }
}

/** Locks one of the account's own rows until the transaction ends: a second writer waits and reads what the first wrote. */
export async function lockElement(
  { trx }: Change,
  accountId: number,
  which: { id: number } | { extendsId: number },
): Promise<LockedElement | undefined> {
  const rows = trx.selectFrom('elements').selectAll().where('account_id', '=', accountId).forUpdate()
  const row = await ('id' in which
    ? rows.where('id', '=', which.id).where('extends_id', 'is', null)
    : rows.where('extends_id', '=', which.extendsId)
  ).executeTakeFirst()
  return (
    row && {
      id: row.id,
      accountId: row.account_id,
      organizationId: row.organization_id,
      extendsId: row.extends_id,
      key: row.key,
      document: JSON.parse(row.document) as Part,
      added: row.added_configuration,
      lastPartId: row.last_part_id,
      sizeBytes: row.size_bytes,
    }
  )
}

/** @throws ValenceError ALREADY_EXISTS when the account has another element by that key; BODY_TOO_LARGE */
export async function saveElement(
  context: ElementContext,
  change: Change,
  locked: LockedElement,
  { key, document, added }: Prepared,
  lastPartId: number,
): Promise<void> {
  const texts = textsOf(document)
  const growth = texts.size_bytes - locked.sizeBytes
  if (growth > 0) await assertRoom(change, locked.accountId, { elements: 0, bytes: growth })
  await change.trx
    .updateTable('elements')
    .set(({ eb }) => ({
      ...texts,
      key,
      added_configuration: added,
      last_part_id: lastPartId,
      version: eb('version', '+', 1),
      updated_at: context.now(),
    }))
    .where('id', '=', locked.id)
    .execute()
    .catch(asConflict(key))
  await publishChange(change, locked)
}

/** @returns the new row's id */
export async function insertElement(
  change: Change,
  owner: { accountId: number; organizationId: number },
  { key, document, added }: Prepared,
  lastPartId: number,
): Promise<number> {
  const texts = textsOf(document)
  await assertRoom(change, owner.accountId, { elements: 1, bytes: texts.size_bytes })
  const row = await change.trx
    .insertInto('elements')
    .values({
      ...texts,
      organization_id: owner.organizationId,
      account_id: owner.accountId,
      extends_id: null,
      key,
      added_configuration: added,
      last_part_id: lastPartId,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
    .catch(asConflict(key))
  change.publish(elementChange(row.id, owner.accountId))
  return row.id
}

export async function deleteElement(change: Change, locked: LockedElement): Promise<void> {
  await publishChange(change, locked)
  await change.trx.deleteFrom('elements').where('id', '=', locked.id).execute()
}

/** Tells everybody who sees the element: its account, and those it is shared with, one by one or all together. */
export async function publishChange(
  { trx, publish }: Change,
  { id, accountId, organizationId, extendsId }: LockedElement,
): Promise<void> {
  const { organization_wide: isWide } = await trx
    .selectFrom('elements')
    .select('organization_wide')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  if (isWide) publish(organizationElementChange(id, organizationId))
  const shared = await trx.selectFrom('element_accounts').select('account_id').where('element_id', '=', id).execute()
  for (const account of [accountId, ...shared.map((row) => row.account_id)]) {
    publish(elementChange(extendsId ?? id, account))
  }
}

/** @throws ValenceError BODY_TOO_LARGE (413) */
export function textsOf(document: Part): { document: string; summary: string; size_bytes: number } {
  assertElementSize(document)
  const text = JSON.stringify(document)
  const summary = JSON.stringify(
    Object.fromEntries(Object.entries(document).filter(([member]) => !LONG_MEMBERS.includes(member))),
  )
  const sizeBytes = Buffer.byteLength(text)
  if (sizeBytes > MAX_ELEMENT_BYTES) {
    throw new ValenceError('BODY_TOO_LARGE', `The element has ${sizeBytes} bytes, more than ${MAX_ELEMENT_BYTES}`)
  }
  if (Buffer.byteLength(summary) > MAX_SUMMARY_BYTES) {
    throw new ValenceError(
      'BODY_TOO_LARGE',
      `The members of the element that are no lists of parts have more than ${MAX_SUMMARY_BYTES} bytes`,
    )
  }
  return { document: text, summary, size_bytes: sizeBytes }
}

/** One account at a time counts and adds: the lock on its row keeps two from passing the limit together. */
async function assertRoom(
  { trx }: Change,
  accountId: number,
  more: { elements: number; bytes: number },
): Promise<void> {
  // the organization first, which a new row refers to, as it comes first for whoever deletes both
  await sql`select 1 from organizations
    where id = (select organization_id from accounts where id = ${accountId}) for key share`.execute(trx)
  await sql`select 1 from accounts where id = ${accountId} for no key update`.execute(trx)
  const held = await trx
    .selectFrom('elements')
    .select(({ fn }) => [fn.countAll<number>().as('count'), fn.sum<number>('size_bytes').as('bytes')])
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow()
  const [count, bytes] = [held.count + more.elements, Number(held.bytes) + more.bytes]
  if (count <= MAX_ELEMENTS_PER_ACCOUNT && bytes <= MAX_BYTES_PER_ACCOUNT) return
  throw new ValenceError(
    'FORBIDDEN',
    `An account has at most ${MAX_ELEMENTS_PER_ACCOUNT} elements of its own and ${MAX_BYTES_PER_ACCOUNT} bytes of them; this would be ${count} and ${bytes}, delete some first`,
  )
}

/** The index that allows each key once (`23505`: unique violation) also decides between two at the same time. */
function asConflict(key: string): (error: unknown) => never {
  return (error) => {
    if ((error as { code?: string }).code !== '23505') throw error
    throw new ValenceError(
      'ALREADY_EXISTS',
      `The account has an element with the key "${key}" already; PUT /elements/${key} replaces it`,
    )
  }
}
