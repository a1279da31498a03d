import type { CallInstance } from '../instances/call.ts'
import type { InstanceContext } from '../instances/context.ts'
import type { Instance } from '../instances/instance.ts'
import { toInstanceBody, toSlimBody } from '../instances/instance-body.ts'
import { listAccountInstances, listInstances } from '../instances/list.ts'
import { objectsOf, wantsObjects } from '../instances/objects-of.ts'
import { provisionTraced } from '../instances/provision.ts'
import type { ProvisionRequest } from '../instances/provision-request.ts'
import type { Caller } from '../model/account.ts'
import { mappedInstances, type TransformationData } from '../resources/mapped-instances.ts'
import type { Reply, Request } from './app.ts'
import { callerOf } from './operations.ts'
import { addListHeaders, readListPage, type TokenSigner } from './paging.ts'
import { isFalse, listOf, type Query, single } from './query.ts'

export interface InstanceDoors {
  context: InstanceContext
  signer: TokenSigner
  call: CallInstance
}

/** Lists and provisioning, which every way to name instances has. */
export function createInstanceAnswers({ context, signer, call }: InstanceDoors) {
  return { list, make }

  async function list(
    request: Request,
    reply: Reply,
    { elementKeyOrId, accountId }: { elementKeyOrId?: string; accountId?: number } = {},
  ) {
    const caller = callerOf(request)
    const query = request.query as Query
    const filter = {
      tags: listOf(query, 'tags'),
      elementKeys:
        elementKeyOrId === undefined
          ? listOf(query, 'elementKeys')
          : [String((await context.elements.require(caller, elementKeyOrId)).element.id)],
      searchText: single(query['searchText']) ?? '',
    }
    const name = `instances of account ${accountId ?? caller.accountId}`
    const page = readListPage(query, name, filter, signer, reply)
    const asked = { ...page.filter, ...page }
    const found =
      accountId === undefined
        ? await listInstances(context, caller, asked)
        : await listAccountInstances(context, caller, accountId, asked)
    addListHeaders(
      reply,
      { returned: found.instances.length, total: found.total, next: found.next },
      name,
      page,
      signer,
    )
    const isSlim = isFalse(query['hydrate'])
    if (isSlim) return found.instances.map(toSlimBody)
    const mapped = await mappedTo(caller, found.instances)
    return found.instances.map((instance) => {
      const transformationData = mapped.get(instance.id)
      return { ...toInstanceBody(context, instance), ...(transformationData ? { transformationData } : {}) }
    })
  }

  /** Names of common resources are shown to whoever may see those. */
  async function mappedTo(caller: Caller, instances: readonly Instance[]): Promise<Map<number, TransformationData>> {
    const [first] = instances
    if (!first || !caller.privileges.has('viewCommonObjects')) return new Map()
    const rows = instances.map(({ id, plan }) => ({ id, elementId: plan.element.id }))
    return mappedInstances(context.store, first, rows)
  }

  async function make(request: Request, reply: Reply, elementKeyOrId?: string) {
    const caller = callerOf(request)
    const body = request.body as ProvisionRequest
    const { instance, traceId } = await provisionTraced(context, caller, body, elementKeyOrId)
    if (traceId !== undefined) reply.header('elements-trace-id', traceId)
    if (!wantsObjects(body)) return toInstanceBody(context, instance)
    const found = await objectsOf({ call }, caller, instance, request.headers['elements-version'])
    if (found.warning !== undefined) reply.header('elements-error', found.warning)
    return { ...toInstanceBody(context, instance), ...(found.objects ? { objects: found.objects } : {}) }
  }
}
