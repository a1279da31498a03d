import { returnsAtTop } from '../../elements/returns-at-top.ts'
import { ValenceError } from '../../errors.ts'
import type { FormulaStep } from '../../model/formula.ts'
import { ownValue } from '../../model/own-value.ts'
import { readStatusCodes } from '../steps/status-codes.ts'
import { STEP_KINDS } from '../steps/step-types.ts'
import { SCRIPTED } from './scripted-steps.ts'

type Step = Pick<FormulaStep, 'name' | 'type' | 'properties'>

/** Of every request step (spec 31 §3.2). */
const REQUESTS = ['elementRequest', 'request', 'httpRequest']
const MOST_RETRIES = 5

/**
 * What is wrong with a step whatever an instance says (spec 30 §2.5); what is only missing, is asked for when an instance is made: steps are saved
 * while they are being written.
 *
 * @throws ValenceError FORMULA_INVALID, PARAMETER_INVALID naming the step and the property
 */
export function checkStep(step: Step): void {
  if (SCRIPTED.includes(step.type)) checkScript(step)
  if (REQUESTS.includes(step.type)) checkRetries(step)
  if (step.type === 'elementRequest') checkNoDownload(step)
  ownValue(STEP_KINDS, step.type)?.check?.(step)
}

/** Scripts are stored as they are, unless they say that they are `v2`. */
function checkScript({ name, properties: { scriptEngine, body } }: Step): void {
  if (scriptEngine !== 'v2') return
  const script = typeof body === 'string' ? body : ''
  if (!/\bdone\s*\(/.test(script))
    throw wrong(name, 'body: a v2 script ends by calling done(), and this one never does')
  if (returnsAtTop(script)) throw wrong(name, 'body: a v2 script ends by calling done(), not by return')
}

function checkRetries({ name, properties: { retryAttempts, retryStatusCodes } }: Step): void {
  const attempts = writtenText(retryAttempts)
  if (attempts !== undefined && !(/^\d+$/.test(attempts) && Number(attempts) <= MOST_RETRIES)) {
    throw wrong(name, `retryAttempts: expected a number up to ${MOST_RETRIES}, got "${attempts.slice(0, 40)}"`)
  }
  const codes = writtenText(retryStatusCodes)
  if (codes !== undefined) readStatusCodes(codes, `step "${name}": retryStatusCodes`)
}

/** `GET …/bulk/{jobId}/{object}`: files never enter the values of an execution. */
function checkNoDownload({ name, properties: { method, api } }: Step): void {
  if (String(method).trim().toUpperCase() !== 'GET' || typeof api !== 'string') return
  // references and places may hold anything, also slashes
  const [path = ''] = api
    .trim()
    .replaceAll(/\$?\{[^{}]*\}/g, '_')
    .split('?', 1)
  const [, object] = /^\/?(?:hubs\/[^/]+\/)?bulk\/[^/]+\/([^/]+)\/?$/.exec(path) ?? []
  if (object === undefined || ['status', 'errors'].includes(object)) return
  throw wrong(
    name,
    `api: "${api.slice(0, 100)}" is the file of a bulk job; a step of type elementRequestStream takes it`,
  )
}

/** What is set and has no reference in it. */
function writtenText(value: unknown): string | undefined {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : ''
  return text === '' || text.includes('${') ? undefined : text
}

function wrong(step: string, what: string): ValenceError {
  return new ValenceError('FORMULA_INVALID', `Step "${step}": ${what}`)
}
