import { pathBelowHub } from '../engine/resource-types.ts'
import type { Element } from '../model/element.ts'
import type { ResourceCall, ResourceReply } from '../model/exchange.ts'
import { isoSeconds } from '../model/iso-seconds.ts'
import type { Instance } from './instance.ts'

/**
 * Resources every instance has without a vendor call (spec 10 §6.2): `GET /ping` and `GET /objects`. An element's own
 * resource of that name wins.
 */
export function builtInResource(instance: Instance, call: ResourceCall, now: Date): ResourceReply | undefined {
  if (call.method !== 'GET' || (call.path !== '/ping' && call.path !== '/objects')) return undefined
  const { plan } = instance
  if (plan.resources.find('GET', call.path)?.value.resource.path.endsWith(call.path)) return undefined
  if (call.path === '/ping') {
    return reply({ dateTime: isoSeconds(now), endpoint: plan.element.key, valid: instance.valid })
  }
  const names = objectNames(plan.element)
  const headers = { 'elements-returned-count': String(names.length) }
  if (String(call.headers['elements-version']).toLowerCase() !== 'helium') return reply(names, headers)
  return reply(
    names.map((name) => ({ name, vendorName: name, type: 'vendor' })),
    headers,
  )
}

/** Names of the element's objects and models and of its collection resources, each once. */
function objectNames(element: Element): string[] {
  const declared = [...(element.objects ?? []), ...(element.models ?? [])].map(
    (entry) => (entry as { name?: unknown }).name,
  )
  const collections = element.resources
    .filter(({ method, type }) => method === 'GET' && (type || 'api') === 'api')
    .map(({ path }) => /^\/([^/{}]+)$/.exec(pathBelowHub(path))?.[1])
  const names = [...declared, ...collections].filter((name): name is string => typeof name === 'string')
  return [...new Set(names)].sort()
}

function reply(body: unknown, headers: Record<string, string> = {}): ResourceReply {
  return { status: 200, headers, body }
}
