import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import { jsonReply, type Reply } from './call.ts'
import { compileTemplate } from './template.ts'
import type { VendorPlan } from './vendor-plan.ts'
import type { Problem } from './write-row.ts'

export interface VendorErrorDetails {
  message?: string
  /** type of the rows in question */
  resource?: string
  problems?: readonly Problem[]
  headers?: Record<string, string>
}

const DEFAULT_BODY = { code: '$code', message: '$message', errors: '$problems' }
const DEFAULT_PROBLEM = { field: '$field', code: '$code', message: '$message' }

/** An error in the vendor's own shape: `errors.body` and `errors.problem` of simulation.yaml, or a plain object. */
export function vendorError(plan: VendorPlan, status: number, details: VendorErrorDetails = {}): Reply {
  const { body = DEFAULT_BODY, problem, texts = {} } = plan.simulation.errors ?? {}
  const reason = STATUS_CODES[status] ?? 'Error'
  const text = texts[String(status)] ?? {}
  const facts = {
    status,
    reason,
    code: text.code ?? reason.toLowerCase().replace(/[^a-z]+/g, '_'),
    message: details.message ?? text.message ?? reason,
    details: text.details,
    resource: details.resource,
    logref: randomUUID(),
  }
  const each = compileTemplate(problem ?? DEFAULT_PROBLEM)
  // a vendor with its own shape for a problem says every error in it; the plain shape lists only field errors
  const listed = details.problems ?? (problem === undefined ? undefined : [{}])
  const problems = listed?.map((one) => each({ ...facts, ...one }))
  return jsonReply(status, compileTemplate(body)({ ...facts, problems }), details.headers)
}
