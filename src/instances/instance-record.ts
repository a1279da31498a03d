import type { Change } from '../audit/record-change.ts'
import { isSecretKey, secretValues } from '../engine/secret-keys.ts'
import type { Instance } from './instance.ts'

/** What of an instance the audit log shows. */
export type Recorded = Pick<Instance, 'id' | 'name' | 'tags' | 'plan' | 'stored' | 'valid'> & Partial<Recordable>
type Recordable = Pick<Instance, 'externalAuthentication' | 'oauthProxy' | 'application'>

/**
 * A change of an instance for `recordChange`.
 * @param before absent: it was made; @param after absent: it was deleted
 */
export function instanceChange(action: string, before: Recorded | undefined, after: Recorded | undefined): Change {
  const both = [before, after].filter((one) => one !== undefined)
  const id = both[0]?.id
  return {
    entity: 'element-instance',
    ...(id === undefined ? {} : { id, instanceId: id }),
    action,
    before: before && shown(before),
    after: after && shown(after),
    secrets: {
      isSecret: (name) => both.some(({ plan }) => isSecretKey(plan.element, name)),
      values: both.flatMap(({ plan, stored }) => secretValues(plan.element, stored)),
    },
  }
}

function shown({ name, tags, plan, stored, valid, externalAuthentication, oauthProxy, application }: Recorded) {
  const { id, key } = plan.element
  return {
    name,
    tags,
    element: { id, key },
    valid,
    externalAuthentication,
    oauthProxy,
    application,
    configuration: stored,
  }
}
