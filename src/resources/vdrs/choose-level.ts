import { sql } from 'kysely'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import { LEVELS, type Level } from '../../model/common-resource.ts'
import { isRowId } from '../../model/row-id.ts'
import {
  type AccountOwner,
  accountOwner,
  instanceOwner,
  type LevelOwner,
  mayWrite,
  organizationOwner,
  SYSTEM_OWNER,
} from '../level-owner.ts'
import { LIMITS } from '../limits.ts'
import type { Body } from '../read-body.ts'
import type { ResourceContext } from '../resource-context.ts'
import type { LevelKey } from '../stored-resource.ts'

/** What a part of a body (a field, a script, an entry of the configuration) says of where it belongs. */
export interface LevelPart {
  level: Level | undefined
  associatedId: number | undefined
}

/**
 * `level` or `associatedLevel`; `associatedId` or `instanceId`.
 * @throws ValenceError BODY_INVALID for a level that is none
 */
export function readLevelPart(part: Body, name: string): LevelPart {
  const level = part['level'] ?? part['associatedLevel'] ?? undefined
  if (level !== undefined && !(LEVELS as readonly unknown[]).includes(level)) {
    throw new ValenceError('BODY_INVALID', `${name}.level: expected one of ${LEVELS.join(', ')}`)
  }
  const id = Number(part['associatedId'] ?? part['instanceId'] ?? Number.NaN)
  return { level: level as Level | undefined, associatedId: Number.isInteger(id) ? id : undefined }
}

/** @returns undefined for what is not within the caller's reach: no instance, or one of another organization */
export type ChooseLevel = (part: LevelPart) => Promise<LevelOwner | undefined>

export interface Choice {
  /** of parts of the level `instance` that name none */
  instanceId: number | undefined
  /** of parts that name no level */
  fallback: Level
  /** what the change is about; parts of other levels are ignored */
  scope?: VdrOptions
}

/**
 * Whose level a part belongs to (spec 20 §1.1): the caller's organization; the account that is named, or his own where none is or one of
 * another organization, as in what was read there (spec 01 §1); the instance that is named.
 */
export function createChooseLevel(
  context: Pick<ResourceContext, 'store' | 'instances'>,
  caller: Caller,
  choice: Choice,
): ChooseLevel {
  const known = new Map<string, Promise<LevelOwner | undefined>>()
  return ({ level = choice.fallback, associatedId }) => {
    const key = `${level} ${associatedId ?? ''}`
    const present = known.get(key)
    if (present) return present
    if (known.size >= LIMITS.levels) throw tooManyLevels()
    const found = find(level, associatedId).then((owner) =>
      owner && isInScope(owner, choice.scope) ? owner : undefined,
    )
    known.set(key, found)
    return found
  }

  async function find(level: Level, associatedId: number | undefined): Promise<LevelOwner | undefined> {
    if (level === 'system') return SYSTEM_OWNER
    if (level === 'organization') return organizationOwner(caller)
    if (level === 'account') return findAccount(associatedId ?? caller.accountId)
    const id = associatedId ?? choice.instanceId
    const instance = id !== undefined && isRowId(id) ? await context.instances.find(id) : undefined
    return instance?.organizationId === caller.organizationId ? instanceOwner(instance) : undefined
  }

  async function findAccount(id: number): Promise<LevelOwner> {
    if (id === caller.accountId || !isRowId(id)) return accountOwner(caller)
    const { rows } = await sql<AccountOwner>`
      select id as "accountId", organization_id as "organizationId" from accounts
      where id = ${id} and organization_id = ${caller.organizationId}`.execute(context.store.db)
    return accountOwner(rows[0] ?? caller)
  }
}

/** The widest level that the caller may write: where parts belong that name none. */
export function widestWritable(caller: Caller, { systemOnly, instanceId }: VdrOptions): Level {
  if (systemOnly) return 'system'
  if (caller.organizationAdmin) return 'organization'
  if (caller.accountAdmin) return 'account'
  return instanceId === undefined ? 'organization' : 'instance'
}

function tooManyLevels(): ValenceError {
  return new ValenceError(
    'BODY_INVALID',
    `The body speaks of more than ${LIMITS.levels} organizations, accounts and instances`,
  )
}

export interface VdrOptions {
  /** only what the platform says */
  systemOnly?: boolean | undefined
  /** of parts of that level that name none, and the only instance that is looked at */
  instanceId?: number | undefined
}

function isInScope({ level, associatedId }: LevelKey, { systemOnly, instanceId }: VdrOptions = {}): boolean {
  if (systemOnly && level !== 'system') return false
  return level !== 'instance' || instanceId === undefined || instanceId === associatedId
}

/**
 * Whether a caller may take a level away: what he may write, and as administrator of the organization whatever its accounts and instances
 * add to a common resource that goes (spec 20 §6.2).
 */
export function mayRemove(caller: Caller, owner: LevelOwner): boolean {
  return mayWrite(caller, owner) || (caller.organizationAdmin && owner.organizationId === caller.organizationId)
}

export function keyOf({ level, associatedId }: LevelKey): string {
  return `${level} ${associatedId}`
}
