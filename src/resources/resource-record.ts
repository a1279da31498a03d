import type { Change } from '../audit/record-change.ts'
import type { LevelOwner } from './level-owner.ts'

/**
 * A change of one level of a common resource for `recordChange`; those of an account and its instances are in the account's log.
 * @param before undefined: it was made; @param after undefined: it was deleted
 */
export function recordOf(
  action: string,
  objectName: string,
  { level, associatedId, accountId }: LevelOwner,
  before: object | undefined,
  after: object | undefined,
): Change {
  return {
    entity: 'common-resource',
    id: objectName,
    action,
    before: before && { ...before, level, associatedId },
    after: after && { ...after, level, associatedId },
    ...(level === 'instance' ? { instanceId: associatedId } : {}),
    ...(accountId === undefined ? {} : { accountId }),
  }
}
