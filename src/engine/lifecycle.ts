import { ValenceError } from '../errors.ts'
import { JsonText } from '../model/exchange.ts'
import type { InstanceState } from '../model/instance.ts'
import { assertChainLength } from './chains.ts'
import type { Exchange } from './exchange.ts'
import type { Plan, ResourcePlan } from './plan.ts'
import type { Ports } from './ports.ts'
import { pathBelowHub, typeOf } from './resource-types.ts'
import { begin, runChain } from './run.ts'
import { vendorFailure } from './steps/shape-reply.ts'
import { dropStream } from './vendor-answer.ts'

/** What the resources of one lifecycle type did. */
export interface LifecycleOutcome {
  /** the instance with everything they changed; nothing is stored yet */
  instance: InstanceState
  /** what they changed: `null` removes */
  changes: Record<string, string | null>
  /** answer of the last one, after its post hook; undefined when the element has none of this type */
  body: unknown
}

export type OnFailure = (error: ValenceError, label: string) => void

/**
 * Runs all resources of a type, one after the other in listed order (spec 11 §4.3): each sees what the ones before it
 * captured. The caller of the engine decides what is stored.
 *
 * @param inputs what overrides read as query parameters: `code`, `callbackUrl`, `refreshToken`, provider data
 * @param ports of which none refreshes: these calls are what obtains credentials
 * @param onFailure takes the failure of one resource, and the next runs all the same; without it the first ends the run
 * @throws ValenceError VENDOR_FAILED with the mapped status of the first that fails, SCRIPT_FAILED …
 */
export async function runLifecycle(
  plan: Plan,
  type: string,
  instance: InstanceState,
  inputs: Readonly<Record<string, string>>,
  ports: Ports,
  onFailure?: OnFailure,
): Promise<LifecycleOutcome> {
  const outcome: LifecycleOutcome = { instance, changes: {}, body: undefined }
  for (const resource of plan.lifecycle.get(type) ?? []) {
    const exchange = await runOne(plan, resource, outcome.instance, inputs, ports).catch((error: unknown) => {
      if (!onFailure || !(error instanceof ValenceError)) throw error
      onFailure(error, resource.label)
    })
    if (!exchange) continue
    outcome.instance = exchange.instance
    Object.assign(outcome.changes, exchange.changes)
    outcome.body = opened(exchange.reply.body)
  }
  return outcome
}

async function runOne(
  plan: Plan,
  resource: ResourcePlan,
  instance: InstanceState,
  inputs: Readonly<Record<string, string>>,
  ports: Ports,
): Promise<Exchange> {
  const reason = resource.chain.find(({ notExecutable }) => notExecutable)?.notExecutable
  if (reason !== undefined) {
    throw new ValenceError(
      'RESOURCE_NOT_EXECUTABLE',
      `${typeOf(resource.resource)} ${resource.label} cannot run: ${reason}`,
    )
  }
  assertChainLength(resource)
  const { method, path } = resource.resource
  const call = { method, path: pathBelowHub(path), query: inputs, headers: {}, body: undefined }
  const exchange = begin(plan, instance, call, { resource })
  try {
    await runChain(exchange, ports)
  } finally {
    // nobody downloads at provisioning
    dropStream(exchange.reply)
  }
  if (exchange.reply.status >= 400) throw vendorFailure(exchange)
  noteValidation(exchange, ports)
  return exchange
}

/** Where no hook looked into an answer it may have stayed text. */
function opened(body: unknown): unknown {
  return body instanceof JsonText ? JSON.parse(body.text) : body
}

/** A validation that succeeded, also as a link of a chain, says when (spec 10 §5.6), unless its hook did. */
function noteValidation(exchange: Exchange, ports: Ports): void {
  const validated = exchange.entry.chain.some(({ resource }) => typeOf(resource) === 'provisionAuthValidation')
  if (!validated || 'authentication.time' in exchange.changes) return
  const time = String(ports.now().getTime())
  exchange.changes['authentication.time'] = time
  exchange.instance = {
    ...exchange.instance,
    configuration: { ...exchange.instance.configuration, 'authentication.time': time },
  }
}
