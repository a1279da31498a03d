import { Readable } from 'node:stream'
import { ValenceError } from '../../errors.ts'
import { JsonText } from '../../model/exchange.ts'
import { redactText } from '../../redact.ts'
import { dropNulls } from '../body/drop-nulls.ts'
import { parseFields, pickFields } from '../body/pick-fields.ts'
import type { Exchange } from '../exchange.ts'
import type { Step } from '../ports.ts'
import { secretValues } from '../secret-keys.ts'
import { platformStatus } from '../vendor-status.ts'

const MAX_PROVIDER_MESSAGE = 16_384

/**
 * The caller's view of the answer: a vendor error becomes ours, nulls and unasked fields go.
 * @throws ValenceError VENDOR_FAILED with the mapped status and the vendor's own text
 */
export const shapeReply: Step = (exchange) => {
  const { reply, instance } = exchange
  if (reply.status >= 400) throw vendorFailure(exchange)
  // some vendors say null for no records
  const isNothing =
    reply.body === undefined || reply.body === null || (reply.body instanceof JsonText && reply.body.text === 'null')
  if (isNothing && (exchange.page || exchange.resource.emptyIsList)) reply.body = []
  if (reply.body instanceof Readable || reply.body instanceof JsonText) return exchange
  if (reply.mayHoldNulls && instance.configuration['filter.response.nulls'] !== 'false') dropNulls(reply.body)
  const fields = fieldsToPick(exchange)
  if (fields && (Array.isArray(reply.body) || exchange.common)) {
    const tree = parseFields(fields)
    reply.body = Array.isArray(reply.body)
      ? reply.body.map((item) => pickFields(item, tree))
      : pickFields(reply.body, tree)
  }
  return exchange
}

/** Of a common resource the caller's own, whatever the vendor made of them: its reply is ours to write. */
function fieldsToPick({ common, call, instance }: Exchange): string | string[] | undefined {
  if (common) return call.method === 'GET' ? common.query['fields'] : undefined
  return instance.configuration['allow.select.fields'] === 'true' ? call.query['fields'] : undefined
}

/** The vendor's or a hook's failure as the caller's error. */
export function vendorFailure(exchange: Exchange): ValenceError {
  const { reply, instance, plan } = exchange
  const headers: Record<string, string> = {}
  const retryAfter = reply.headers['retry-after']
  if (retryAfter !== undefined) headers['retry-after'] = String(retryAfter)
  const text = reply.text || `HTTP ${reply.status}`
  return new ValenceError('VENDOR_FAILED', messageOf(exchange), {
    status: platformStatus(reply.status),
    vendorStatus: reply.status,
    providerMessage: redactText(text, secretValues(plan.element, instance.configuration)).slice(
      0,
      MAX_PROVIDER_MESSAGE,
    ),
    headers,
  })
}

/** A hook's own words, which may hold what the vendor said. */
function messageOf({ reply, instance, plan, statementProblem }: Exchange): string {
  // a statement that neither we nor the vendor can read is told as such (spec 21 §1.2)
  if (reply.errorMessage === undefined) return (reply.status === 400 && statementProblem) || 'Request failed'
  return redactText(reply.errorMessage, secretValues(plan.element, instance.configuration)).slice(
    0,
    MAX_PROVIDER_MESSAGE,
  )
}
