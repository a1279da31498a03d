import { ValenceError } from '../../errors.ts'
import { assertChainLength } from '../chains.ts'
import type { Exchange } from '../exchange.ts'
import type { Step } from '../ports.ts'

/** Literal text that clients compare with (spec 00 §12). */
export const NOT_EXECUTABLE = 'This API is not currently supported for this element'

/**
 * Which resource of the element answers this method and path.
 * @throws ValenceError RESOURCE_UNKNOWN (spec 01 §2: 400), METHOD_NOT_ALLOWED, RESOURCE_NOT_EXECUTABLE, CHAIN_TOO_LONG
 */
export const matchResource: Step = (exchange) => {
  const { plan, call } = exchange
  const found = plan.resources.find(call.method, call.path)
  if (!found) throw unknown(exchange, plan.resources.methodsOf(call.path))
  if (found.value.chain.some(({ notExecutable }) => notExecutable))
    throw new ValenceError('RESOURCE_NOT_EXECUTABLE', NOT_EXECUTABLE)
  exchange.resource = found.value
  exchange.entry = found.value
  if (call.facts) call.facts.resource = found.value.resource
  assertChainLength(found.value)
  exchange.pathVariables = found.variables
  exchange.vendor.method = found.value.vendorMethod
  return exchange
}

function unknown({ plan, call, common }: Exchange, methods: string[]): ValenceError {
  const { name } = plan.element
  const path = common ? `${common.path} (here ${call.path})` : call.path
  if (methods.length === 0) return new ValenceError('RESOURCE_UNKNOWN', `${name} has no resource ${path}`)
  const allow = methods.join(', ')
  return new ValenceError('METHOD_NOT_ALLOWED', `${name} answers ${path} to ${allow}, not to ${call.method}`, {
    headers: { allow },
  })
}
