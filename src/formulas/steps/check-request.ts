import { ValenceError } from '../../errors.ts'
import { parseTemplate } from '../references/parse-template.ts'
import { type CheckedStep, refusedStep } from './refused-step.ts'
import { MOST_RETRIES } from './retry-rule.ts'
import { readStatusCodes } from './status-codes.ts'

/**
 * What is wrong with a request whatever its instance says (spec 30 §2.5). References are for the execution to find out.
 * @throws ValenceError FORMULA_INVALID
 */
export function checkRequest({ name, properties }: CheckedStep): void {
  const attempts = written(properties['retryAttempts'])
  if (attempts !== undefined && !(/^\d+$/.test(attempts) && Number(attempts) <= MOST_RETRIES)) {
    throw refusedStep(name, `retryAttempts: expected a number up to ${MOST_RETRIES}, got "${attempts.slice(0, 100)}"`)
  }
  const codes = written(properties['retryStatusCodes'])
  if (codes === undefined) return
  try {
    readStatusCodes(codes, 'retryStatusCodes')
  } catch (error) {
    throw error instanceof ValenceError ? refusedStep(name, error.message) : error
  }
}

/** A file of a bulk job may be of any size. @throws ValenceError FORMULA_INVALID as `checkRequest` */
export function checkElementRequest(step: CheckedStep): void {
  checkRequest(step)
  const { method, api } = step.properties
  if (String(method).trim().toUpperCase() !== 'GET' || !isBulkDownload(String(api ?? ''))) return
  throw refusedStep(
    step.name,
    `api: "${String(api).slice(0, 200)}" reads the file of a bulk job: use elementRequestStream`,
  )
}

/** `GET /bulk/{jobId}/{object}`, below a hub or not. */
function isBulkDownload(api: string): boolean {
  // whatever a reference comes to, it is one word here
  const text = parseTemplate(api)
    .map((part) => (part.kind === 'text' ? part.text : 'x'))
    .join('')
  const words = (text.split('?', 1)[0] ?? '').split('/').filter((word) => word.trim() !== '')
  const [bulk, job, object, ...more] = words[0] === 'hubs' ? words.slice(2) : words
  const isOfJob = job !== undefined && object !== undefined && more.length === 0
  return bulk === 'bulk' && isOfJob && object !== 'status' && object !== 'errors'
}

/** @returns undefined for what is not set, or a reference */
function written(value: unknown): string | undefined {
  const text = String(value ?? '').trim()
  return text === '' || text.includes('${') ? undefined : text
}
