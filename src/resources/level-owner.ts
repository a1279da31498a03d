import type { Caller } from '../model/account.ts'
import type { Level } from '../model/common-resource.ts'
import type { LevelKey } from './stored-resource.ts'

/** One level of somebody: where fields and transformations are kept (spec 20 §1.1). */
export interface LevelOwner {
  level: Level
  /** organization, account or instance; 0: the platform */
  associatedId: number
  /** undefined: the platform's */
  organizationId: number | undefined
  /** of account and instance levels */
  accountId: number | undefined
}

/** The account whose levels are looked at; a `Caller` is one. */
export interface AccountOwner {
  accountId: number
  organizationId: number
}

export const SYSTEM_OWNER: LevelOwner = {
  level: 'system',
  associatedId: 0,
  organizationId: undefined,
  accountId: undefined,
}

export function organizationOwner({ organizationId }: Pick<AccountOwner, 'organizationId'>): LevelOwner {
  return { level: 'organization', associatedId: organizationId, organizationId, accountId: undefined }
}

export function accountOwner({ accountId, organizationId }: AccountOwner): LevelOwner {
  return { level: 'account', associatedId: accountId, organizationId, accountId }
}

export function instanceOwner({ id, accountId, organizationId }: AccountOwner & { id: number }): LevelOwner {
  return { level: 'instance', associatedId: id, organizationId, accountId }
}

/** The owner of a level that the viewer sees; nobody sees the platform's only. */
export function ownerOfSeen(viewer: AccountOwner | undefined, { level, associatedId }: LevelKey): LevelOwner {
  if (level === 'system' || !viewer) return SYSTEM_OWNER
  if (level === 'organization') return organizationOwner(viewer)
  return level === 'account' ? accountOwner(viewer) : instanceOwner({ ...viewer, id: associatedId })
}

/** The level itself and those that it stands on, the widest first. */
export function levelsUpTo(owner: LevelOwner): LevelOwner[] {
  const { level, organizationId, accountId } = owner
  if (organizationId === undefined) return [owner]
  if (level === 'organization') return [SYSTEM_OWNER, owner]
  const wider = [SYSTEM_OWNER, organizationOwner({ organizationId })]
  if (level === 'account' || accountId === undefined) return [...wider, owner]
  return [...wider, accountOwner({ accountId, organizationId }), owner]
}

/**
 * Whether a caller may write this level (spec 20 §1.1): the platform's with `vdrAdmin`, the organization's as its administrator, an
 * account's as administrator of the account or of the organization, an instance's whoever reaches the instance.
 */
export function mayWrite(caller: Caller, { level, organizationId, accountId }: LevelOwner): boolean {
  if (level === 'system') return caller.vdrAdmin
  if (caller.organizationId !== organizationId) return false
  if (level === 'organization' || caller.organizationAdmin) {
    return caller.organizationAdmin && (level !== 'instance' || caller.accountId === accountId)
  }
  return caller.accountId === accountId && (level === 'instance' || caller.accountAdmin)
}

/** Whether two are one level of the same owner. */
export function isLevelOf(
  one: Pick<LevelOwner, 'level' | 'associatedId'>,
  other: Pick<LevelOwner, 'level' | 'associatedId'>,
): boolean {
  return one.level === other.level && one.associatedId === other.associatedId
}
