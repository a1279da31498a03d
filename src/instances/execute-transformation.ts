import { dropNulls } from '../engine/body/drop-nulls.ts'
import { createMappingScripts } from '../engine/common/run-mapping-script.ts'
import { transformBody, withoutEmpty } from '../engine/common/transform-records.ts'
import { secretValues } from '../engine/secret-keys.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import type { Element } from '../model/element.ts'
import { apiAddress, scriptConfiguration } from './common-resources-of.ts'
import type { InstanceContext } from './context.ts'
import { findInstance } from './find.ts'
import type { Instance } from './instance.ts'

/** What a transformation is tried out with (spec 20 §4.3). */
interface ExecuteRequest {
  /** an object, or a list of them */
  payload: unknown
  /** the instance whose levels all count; or else */
  instanceId: number | string | undefined
  /** key or id: what applies to the account's instances of the element */
  elementId: number | string | undefined
  /** the way the payload goes: `GET` brings it from the vendor, the others to him */
  method: string
}

export interface Executed {
  body: unknown
  /** why the script changed nothing; calls are not told (spec 20 §10.1), who tries it out is */
  warning: string | undefined
}

const DIRECTIONS = new Map<string, 'fromVendor' | 'toVendor'>([
  ['GET', 'fromVendor'],
  ['POST', 'toVendor'],
  ['PUT', 'toVendor'],
  ['PATCH', 'toVendor'],
])

/**
 * Takes an object through a transformation, script and all; no vendor is called.
 *
 * @throws ValenceError BODY_INVALID, INSTANCE_NOT_FOUND, ELEMENT_NOT_FOUND, NOTHING_FOUND (404, spec 20 §3)
 */
export async function executeTransformation(
  context: InstanceContext,
  caller: Caller,
  objectName: string,
  given: Record<string, unknown>,
): Promise<Executed> {
  const request = readRequest(given)
  const direction = DIRECTIONS.get(request.method)
  if (!direction) {
    throw new ValenceError('BODY_INVALID', `method: expected GET, POST, PUT or PATCH, got "${request.method}"`)
  }
  const { instance, element } = await subjectOf(context, caller, request)
  const { accountId, organizationId } = instance ?? caller
  const owner = { instanceId: instance?.id, accountId, organizationId, element }
  const mapping = await context.mappings.of(owner, objectName)
  if (!mapping) throw new ValenceError('NOTHING_FOUND', `No transformation of "${objectName}" for ${element.key} found`)
  let warning: string | undefined
  const runScript = createMappingScripts({
    owner: `account ${caller.accountId}`,
    depth: 0,
    runRecords: context.runRecords,
    configuration: () => (instance ? scriptConfiguration(context, caller, instance, 0) : apiAddress(context)),
    secrets: () => (instance ? secretValues(element, instance.state.configuration) : []),
    report({ label, error }) {
      if (error !== undefined) warning = `${label}: ${error}`
    },
  })
  const keepsNulls = instance?.state.configuration['filter.response.nulls'] === 'false'
  const mapped = await transformBody(request.payload, { mapping, direction, keepsNulls, runScript })
  const body = direction === 'fromVendor' ? withoutEmpty(mapped, mapping) : mapped
  if (direction === 'fromVendor' && !keepsNulls) dropNulls(body)
  return { body, warning }
}

/** @throws ValenceError BODY_INVALID */
function readRequest({ payload, instanceId, elementId, method }: Record<string, unknown>): ExecuteRequest {
  if (typeof payload !== 'object' || payload === null) {
    throw new ValenceError('BODY_INVALID', 'payload: expected an object to transform, or a list of them')
  }
  return {
    payload,
    instanceId: readId(instanceId, 'instanceId'),
    elementId: readId(elementId, 'elementId'),
    method: String(method || 'GET').toUpperCase(),
  }
}

function readId(id: unknown, name: string): number | string | undefined {
  if (id === undefined || id === null || id === '') return undefined
  if (typeof id === 'number' || typeof id === 'string') return id
  throw new ValenceError('BODY_INVALID', `${name}: expected a number or a text`)
}

async function subjectOf(
  context: InstanceContext,
  caller: Caller,
  { instanceId, elementId }: ExecuteRequest,
): Promise<{ instance: Instance | undefined; element: Element }> {
  if (instanceId !== undefined) {
    const instance = await findInstance(context, caller, 'transformations.execute', Number(instanceId))
    return { instance, element: instance.plan.element }
  }
  if (elementId === undefined) {
    throw new ValenceError('BODY_INVALID', 'elementId or instanceId: one of them says which transformation is meant')
  }
  const { element } = await context.elements.require(caller, elementId)
  return { instance: undefined, element }
}
