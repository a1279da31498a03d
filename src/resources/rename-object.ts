import { recordChange } from '../audit/record-change.ts'
import type { Caller } from '../model/account.ts'
import { changeResources } from './change-resources.ts'
import { type DefinitionBody, toDefinitionBody } from './definition-body.ts'
import { viewerOf } from './definitions.ts'
import { holdOwner } from './hold-owner.ts'
import { holdPresent } from './hold-resource.ts'
import { type Place, writableLevelAt } from './level-at.ts'
import { loadResources } from './load-resources.ts'
import { noDefinition } from './nothing-found.ts'
import { type Body, readObjectName } from './read-body.ts'
import { renameLevel } from './rename-level.ts'
import type { ResourceContext } from './resource-context.ts'
import { recordOf } from './resource-record.ts'

/**
 * `PATCH /{L}/objects/{objectName}`: the level's definition and transformations go by the name of the body, other levels keep the old one.
 *
 * @returns the definition; without one, only the name
 * @throws ValenceError NOTHING_FOUND (404), ALREADY_EXISTS (409), BODY_INVALID, what `levelAt` throws
 */
export async function renameObject(
  context: ResourceContext,
  caller: Caller,
  place: Place,
  objectName: string,
  body: Body,
): Promise<DefinitionBody | { objectName: string }> {
  const owner = await writableLevelAt(context, caller, 'commonResources.update', place)
  const name = readObjectName(body['objectName'] ?? body['name'], 'objectName')
  return changeResources(context.store, async (change) => {
    const { trx } = change
    await holdOwner(context, trx, owner)
    await holdPresent(trx, owner, objectName)
    const found = await loadResources(trx, viewerOf(owner), { levels: [owner], objectNames: [objectName] })
    if (found.length === 0) throw noDefinition(objectName)
    // the organization's own resource of the name and the platform's, which may both have the level
    for (const resource of found) await renameLevel(change, resource, owner, name, caller)
    if (name !== objectName) {
      await recordChange(trx, caller, recordOf('rename', objectName, owner, { objectName }, { objectName: name }))
    }
    change.touch(owner)
    const filter = { levels: [owner], objectNames: [name] }
    const [renamed] = await loadResources(trx, viewerOf(owner), filter, 'definitions')
    const [definition] = renamed?.definitions ?? []
    return renamed && definition ? toDefinitionBody(renamed, definition) : { objectName: name }
  })
}
