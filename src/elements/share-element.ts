import { sql } from 'kysely'
import type { Operation } from '../accounts/authorize.ts'
import { recordChange } from '../audit/record-change.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import { elementChange, elementNotFound, organizationElementChange } from './directory.ts'
import type { ElementContext } from './element-context.ts'
import { elementDb } from './element-table.ts'
import { type Change, changeElements, lockElement } from './store-element.ts'

const MAX_SHARED_WITH = 1_000

/** `GET /elements/{k}/accounts`: ids of the accounts beside the owner's that see it (spec 10 §2.2). */
export async function listSharedWith(context: ElementContext, caller: Caller, keyOrId: string): Promise<number[]> {
  const element = await requireOwn(context, caller, 'elements.share', keyOrId)
  const rows = await elementDb(context.store)
    .selectFrom('element_accounts')
    .select('account_id')
    .where('element_id', '=', element.id)
    .orderBy('account_id')
    .execute()
  return rows.map((row) => row.account_id)
}

/**
 * `PUT /elements/{k}/accounts/{accountId}`: another account of the organization may see and provision the element.
 * @throws ValenceError NOT_FOUND for an account outside the organization
 */
export async function shareElement(
  context: ElementContext,
  caller: Caller,
  keyOrId: string,
  accountId: number,
): Promise<void> {
  await changeSharing(context, caller, 'share', keyOrId, accountId, async ({ trx }, elementId) => {
    const shared = await trx
      .selectFrom('element_accounts')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('element_id', '=', elementId)
      .executeTakeFirstOrThrow()
    if (shared.count >= MAX_SHARED_WITH) {
      throw new ValenceError('FORBIDDEN', `An element can be shared with at most ${MAX_SHARED_WITH} accounts`)
    }
    await trx
      .insertInto('element_accounts')
      .values({ element_id: elementId, account_id: accountId })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  })
}

/**
 * `DELETE /elements/{k}/accounts/{accountId}`.
 * @throws ValenceError IN_USE (409) while instances of that account need the element
 */
export async function unshareElement(
  context: ElementContext,
  caller: Caller,
  keyOrId: string,
  accountId: number,
): Promise<void> {
  await changeSharing(context, caller, 'unshare', keyOrId, accountId, async ({ trx }, elementId) => {
    const count = await context.countInstances(trx, elementId, accountId)
    if (count > 0) {
      throw new ValenceError('IN_USE', `Account ${accountId} has ${count} instances of the element; delete them first`)
    }
    await trx
      .deleteFrom('element_accounts')
      .where('element_id', '=', elementId)
      .where('account_id', '=', accountId)
      .execute()
  })
}

/** `PUT /elements/{k}/organization`: every account of the organization sees it, those made later as well. */
export async function shareWithOrganization(context: ElementContext, caller: Caller, keyOrId: string): Promise<void> {
  await setOrganizationWide(context, caller, keyOrId, true)
}

/**
 * `DELETE /elements/{k}/organization`; accounts it is shared with one by one keep it.
 * @throws ValenceError IN_USE (409) while instances of other accounts need the element
 */
export async function unshareWithOrganization(context: ElementContext, caller: Caller, keyOrId: string): Promise<void> {
  await setOrganizationWide(context, caller, keyOrId, false)
}

async function setOrganizationWide(
  context: ElementContext,
  caller: Caller,
  keyOrId: string,
  isWide: boolean,
): Promise<void> {
  const change = { operation: 'elements.shareWithOrganization', action: isWide ? 'share' : 'unshare' } as const
  await changeOwn(context, caller, change, keyOrId, async (change, elementId) => {
    if (!isWide) await assertUnusedElsewhere(context, change, caller.accountId, elementId)
    await change.trx.updateTable('elements').set({ organization_wide: isWide }).where('id', '=', elementId).execute()
    change.publish(organizationElementChange(elementId, caller.organizationId))
  })
}

/** Instances of the owner's account and of accounts it is shared with one by one go on. */
async function assertUnusedElsewhere(
  context: ElementContext,
  { trx }: Change,
  ownAccountId: number,
  elementId: number,
): Promise<void> {
  const shared = await trx
    .selectFrom('element_accounts')
    .select('account_id')
    .where('element_id', '=', elementId)
    .execute()
  let count = await context.countInstances(trx, elementId)
  for (const accountId of [ownAccountId, ...shared.map((row) => row.account_id)]) {
    count -= await context.countInstances(trx, elementId, accountId)
  }
  if (count > 0) {
    throw new ValenceError('IN_USE', `Other accounts have ${count} instances of the element; delete them first`)
  }
}

async function changeSharing(
  context: ElementContext,
  caller: Caller,
  action: string,
  keyOrId: string,
  accountId: number,
  work: (change: Change, elementId: number) => Promise<void>,
): Promise<void> {
  await changeOwn(context, caller, { operation: 'elements.share', action }, keyOrId, async (change, elementId) => {
    await assertOfOrganization(change, caller, accountId)
    await work(change, elementId)
    change.publish(elementChange(elementId, accountId))
  })
}

async function changeOwn(
  context: ElementContext,
  caller: Caller,
  { operation, action }: { operation: Operation; action: string },
  keyOrId: string,
  work: (change: Change, elementId: number) => Promise<void>,
): Promise<void> {
  const element = await requireOwn(context, caller, operation, keyOrId)
  await changeElements(context, async (change) => {
    if (!(await lockElement(change, caller.accountId, { id: element.id }))) throw elementNotFound(keyOrId)
    const before = await sharingOf(change, element.id)
    await work(change, element.id)
    const after = await sharingOf(change, element.id)
    await recordChange(change.trx, caller, { entity: 'element', id: element.id, action, before, after })
  })
}

/** Accounts as parts, so that the audit log shows which one came or went. */
async function sharingOf({ trx }: Change, elementId: number) {
  const { organization_wide } = await trx
    .selectFrom('elements')
    .select('organization_wide')
    .where('id', '=', elementId)
    .executeTakeFirstOrThrow()
  const accounts = await trx
    .selectFrom('element_accounts')
    .select('account_id as id')
    .where('element_id', '=', elementId)
    .orderBy('account_id')
    .execute()
  return { organizationWide: organization_wide, sharedWith: accounts }
}

async function requireOwn(context: ElementContext, caller: Caller, operation: Operation, keyOrId: string) {
  const { element, owner } = await context.elements.require(caller, keyOrId)
  if (!owner) throw new ValenceError('FORBIDDEN', `${element.name} came with Valence: every account sees it`)
  context.authorize(caller, operation, owner)
  return element
}

async function assertOfOrganization({ trx }: Change, caller: Caller, accountId: number): Promise<void> {
  const valid = Number.isSafeInteger(accountId) && accountId > 0 && accountId < 2 ** 31
  const { rows } = valid
    ? await sql`select 1 from accounts where id = ${accountId} and organization_id = ${caller.organizationId}`.execute(
        trx,
      )
    : { rows: [] }
  if (rows.length === 0) throw new ValenceError('NOT_FOUND', `There is no account with id ${accountId}`)
}
