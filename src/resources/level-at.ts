import type { AccountsTables } from '../accounts/accounts-table.ts'
import type { Operation } from '../accounts/authorize.ts'
import { findAccount, ownerOf } from '../accounts/find-account.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import { idInWords, isRowId } from '../model/row-id.ts'
import {
  accountOwner,
  instanceOwner,
  type LevelOwner,
  mayWrite,
  organizationOwner,
  SYSTEM_OWNER,
} from './level-owner.ts'
import type { OwnedInstance, ResourceContext } from './resource-context.ts'

/** The level that a path of the classic endpoints is about (spec 20 §3). */
export type Place =
  | { level: 'system' }
  | { level: 'organization' }
  /** without an id: the caller's account */
  | { level: 'account'; accountId?: number }
  | { level: 'instance'; instanceId: number }

/** A level of somebody that the caller may look at. */
export interface LevelAt extends LevelOwner {
  /** of an instance: its element */
  elementId: number | undefined
}

/** @throws ValenceError ACCOUNT_NOT_FOUND, INSTANCE_NOT_FOUND (404), FORBIDDEN (403) */
export async function levelAt(
  context: ResourceContext,
  caller: Caller,
  operation: Operation,
  place: Place,
): Promise<LevelAt> {
  context.authorize(caller, operation)
  if (place.level === 'system') return { ...SYSTEM_OWNER, elementId: undefined }
  if (place.level === 'organization') return { ...organizationOwner(caller), elementId: undefined }
  if (place.level === 'instance') {
    const { elementId, ...instance } = await reachedInstance(context, caller, place.instanceId)
    return { ...instanceOwner(instance), elementId }
  }
  const { accountId = caller.accountId } = place
  if (accountId === caller.accountId) return { ...accountOwner(caller), elementId: undefined }
  const account = ownerOf(await findAccount(context.store.db.withTables<AccountsTables>(), accountId))
  context.authorize(caller, operation, account)
  return { ...accountOwner(account), elementId: undefined }
}

/** The same to write there. @throws ValenceError as `levelAt`; FORBIDDEN also where the caller may only look */
export async function writableLevelAt(
  context: ResourceContext,
  caller: Caller,
  operation: Operation,
  place: Place,
): Promise<LevelAt> {
  const level = await levelAt(context, caller, operation, place)
  assertMayWrite(caller, level)
  return level
}

export function assertMayWrite(caller: Caller, owner: LevelOwner): void {
  if (!mayWrite(caller, owner)) throw new ValenceError('FORBIDDEN', RESERVED[owner.level])
}

/** Who may write a level, in words (spec 20 §1.1). */
const RESERVED = {
  system: 'Common resources of the platform are written by users with the role vdrAdmin',
  organization: 'Common resources of the organization are written by its administrators (role org-admin)',
  account:
    'Common resources of an account are written by its administrators (role admin) and those of the organization',
  instance: 'Common resources of an instance are written by users of its account',
} as const

/** @throws ValenceError INSTANCE_NOT_FOUND (404), FORBIDDEN (403) when it belongs to another account */
export async function reachedInstance(context: ResourceContext, caller: Caller, id: number): Promise<OwnedInstance> {
  const instance = isRowId(id) ? await context.instances.find(id) : undefined
  if (!instance) throw new ValenceError('INSTANCE_NOT_FOUND', `There is no element instance with ${idInWords(id)}`)
  context.authorize(caller, 'instances.read', instance)
  return instance
}
