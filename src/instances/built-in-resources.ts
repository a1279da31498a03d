import { buildResourceTree } from '../engine/resource-tree.ts'
import type { ResourceCall, ResourceReply } from '../model/exchange.ts'
import { isoSeconds } from '../model/iso-seconds.ts'
import type { Mappings } from '../resources/mappings.ts'
import type { Ask } from './ask-all-pages.ts'
import { discoverFields } from './discover-fields.ts'
import { discoverObjects } from './discover-objects.ts'
import type { Instance } from './instance.ts'

/** What the platform answers for every instance, whatever its element declares (spec 10 §6.2). */
export interface BuiltInResources {
  /** @returns undefined when the call is for a resource of the element */
  answer(instance: Instance, call: ResourceCall): ResourceReply | undefined | Promise<ResourceReply>
}

/**
 * `GET /ping`, unless the element has its own, `GET /objects` and `GET /objects/{objectName}/metadata`; of the last two an
 * element's own resource is a part.
 */
export function createBuiltInResources(world: { mappings: Mappings; ask: Ask; now(): Date }): BuiltInResources {
  return {
    answer(instance, call) {
      if (call.path === '/ping') return call.method === 'GET' ? pong(instance, world.now()) : undefined
      if (!call.path.startsWith('/objects')) return undefined
      if (isObjectList(call)) return discoverObjects(world, instance, call)
      const found = METADATA.find(call.method, call.path)
      return found && discoverFields(world, instance, call, found.variables['objectName'] ?? '')
    },
  }
}

const METADATA = buildResourceTree([{ method: 'GET', path: '/objects/{objectName}/metadata', value: true }])

/** The one call that a disabled instance answers (spec 00 §2.3). */
export function isObjectList({ method, path }: ResourceCall): boolean {
  return method === 'GET' && path === '/objects'
}

function pong({ plan, valid }: Instance, now: Date): ResourceReply | undefined {
  if (plan.resources.find('GET', '/ping')?.value.resource.path.endsWith('/ping')) return undefined
  return { status: 200, headers: {}, body: { dateTime: isoSeconds(now), endpoint: plan.element.key, valid } }
}
