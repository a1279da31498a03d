import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { AnswerFormat } from './answer-shape.ts'
import { jsonReply, type Reply } from './call.ts'
import { soapEnvelope } from './soap.ts'
import { compileTemplate } from './template.ts'
import type { VendorPlan } from './vendor-route.ts'
import type { Problem } from './write-row.ts'
import { toXml } from './xml.ts'

export interface VendorErrorDetails {
  message?: string
  /** the vendor's word, instead of the one of the status */
  code?: string
  /** type of the rows in question */
  resource?: string
  problems?: readonly Problem[]
  headers?: Record<string, string>
}

const DEFAULT_BODY = { code: '$code', message: '$message', errors: '$problems' }
const DEFAULT_PROBLEM = { field: '$field', code: '$code', message: '$message' }

/** An error in the vendor's own shape: `errors.body` and `errors.problem` of simulation.yaml, or a plain object. */
export function vendorError(
  plan: VendorPlan,
  status: number,
  details: VendorErrorDetails = {},
  format: AnswerFormat = 'json',
): Reply {
  const { body = DEFAULT_BODY, problem, texts = {} } = plan.simulation.errors ?? {}
  const reason = STATUS_CODES[status] ?? 'Error'
  const text = texts[String(status)] ?? {}
  const facts = {
    status,
    reason,
    code: details.code ?? text.code ?? reason.toLowerCase().replace(/[^a-z]+/g, '_'),
    message: details.message ?? text.message ?? reason,
    details: text.details,
    resource: details.resource,
    logref: randomUUID(),
  }
  const each = compileTemplate(problem ?? DEFAULT_PROBLEM)
  // a vendor with its own shape for a problem says every error in it; the plain shape lists only field errors
  const listed = details.problems ?? (problem === undefined ? undefined : [{}])
  const problems = listed?.map((one) => each({ ...facts, ...one }))
  const rendered = compileTemplate(body)({ ...facts, problems })
  if (format === 'xml') return xml(status, { error: rendered }, details.headers)
  return format === 'soap'
    ? xml(status, soapFault(facts), details.headers)
    : jsonReply(status, rendered, details.headers)
}

function xml(status: number, body: unknown, headers: Record<string, string> = {}): Reply {
  return { status, headers: { 'content-type': 'text/xml; charset=utf-8', ...headers }, body: toXml(body, 'error') }
}

function soapFault({ code, message, status }: { code: string; message: string; status: number }): unknown {
  const faultcode = status >= 500 ? 'soap:Server' : 'soap:Client'
  return soapEnvelope([], { 'soap:Fault': { faultcode, faultstring: message, detail: { code } } }, false)
}
