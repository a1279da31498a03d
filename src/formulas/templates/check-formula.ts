import { isDeepStrictEqual } from 'node:util'
import { ValenceError } from '../../errors.ts'
import { type FormulaParts, STEP_TYPES } from '../../model/formula.ts'
import { ownValue } from '../../model/own-value.ts'
import type { FormulaContext } from '../context.ts'
import { STEP_KINDS } from '../steps/step-types.ts'
import type { FormulaDraft } from './formula-draft.ts'
import { LIMITS } from './limits.ts'

/**
 * Refuses what cannot be (spec 30 §2.5), of the whole as it would be afterwards. Steps and triggers that were there before, the very same, are not
 * looked at again.
 *
 * @throws ValenceError ALREADY_EXISTS (409) for two parts of one name; FORMULA_INVALID, PARAMETER_INVALID, BODY_TOO_LARGE (413)
 */
export function checkFormula(
  { clock, isPlatformPath }: Pick<FormulaContext, 'clock' | 'isPlatformPath'>,
  before: FormulaDraft | undefined,
  after: FormulaDraft,
): void {
  const { parts } = after
  assertSize(parts)
  assertDistinct('steps with the name', parts.steps, ({ name }) => name)
  assertDistinct('variables with the key', parts.configuration, ({ key }) => key)
  for (const step of changed(before?.parts.steps, parts.steps)) ownValue(STEP_KINDS, step.type)?.check?.(step)
  for (const { type, properties } of changed(before?.parts.triggers, parts.triggers)) {
    const { cron } = properties
    if (type === 'scheduled' && typeof cron === 'string' && cron.trim() !== '' && !cron.includes('${'))
      clock.check(cron)
  }
  assertEngine(after)
  const { method, uri } = after
  if (uri === null) return
  assertManual(after)
  if (method === null || (before?.method === method && before.uri === uri) || !isPlatformPath(method, uri)) return
  throw new ValenceError('FORMULA_INVALID', `uri: ${method} ${uri} is a path of the platform; choose another one`)
}

function assertSize({ steps, triggers, configuration }: FormulaParts): void {
  const counts = [
    [steps.length, LIMITS.steps, 'steps'],
    [triggers.length, LIMITS.triggers, 'triggers'],
    [configuration.length, LIMITS.variables, 'variables'],
  ] as const
  for (const [count, most, what] of counts) {
    if (count > most) throw new ValenceError('FORMULA_INVALID', `The formula has ${count} ${what}, more than ${most}`)
  }
}

function assertDistinct<Part>(what: string, parts: readonly Part[], nameOf: (part: Part) => string): void {
  const names = new Set<string>()
  for (const part of parts) {
    const name = nameOf(part)
    if (names.has(name)) throw new ValenceError('ALREADY_EXISTS', `The formula has two ${what} "${name}"`)
    names.add(name)
  }
}

function assertEngine({ engine, debug_logging_enabled, parts }: FormulaDraft): void {
  if (engine === 'v1' && !debug_logging_enabled) {
    throw new ValenceError(
      'FORMULA_INVALID',
      'Execution debug logging can be disabled only for formula engine v3; this formula says engine v1',
    )
  }
  const types: readonly string[] = STEP_TYPES
  const unknown = engine === 'v3' ? parts.steps.find(({ type }) => !types.includes(type)) : undefined
  if (!unknown) return
  throw new ValenceError(
    'FORMULA_INVALID',
    `Invalid formula for the v3 engine: step "${unknown.name}" is of type "${unknown.type}", which is none of ${types.join(', ')}`,
  )
}

function assertManual({ method, uri, parts }: FormulaDraft): void {
  if (parts.triggers.some(({ type }) => type === 'manual')) return
  const types = parts.triggers.map(({ type }) => type).join(', ') || 'none'
  throw new ValenceError(
    'FORMULA_INVALID',
    `${method ?? 'method'} ${uri}: a formula with method and uri needs a trigger of type manual, this one has ${types}`,
  )
}

/** Those that were not there before as they are. */
function changed<Part extends { id: number }>(before: readonly Part[] = [], after: readonly Part[]): Part[] {
  const known = new Map(before.map((part) => [part.id, part]))
  return after.filter((part) => !isDeepStrictEqual(known.get(part.id), part))
}
