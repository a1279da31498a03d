import type { Kysely } from 'kysely'
import { ValenceError } from '../../errors.ts'
import type { FormulaParts, FormulaStep, FormulaTrigger } from '../../model/formula.ts'
import { ownValue } from '../../model/own-value.ts'
import type { FormulaTables } from '../formula-table.ts'
import type { StepKind } from '../steps/step.ts'
import { STEP_KINDS } from '../steps/step-types.ts'
import { formulasRunBy, type Viewer } from '../templates/visible.ts'
import { readId } from './configured-text.ts'

const OF_TRIGGERS: Readonly<Record<string, readonly string[]>> = {
  event: ['elementInstanceId'],
  elementRequest: ['elementInstanceId', 'method', 'api'],
  request: ['elementInstanceId', 'method', 'api'],
  scheduled: ['cron'],
}

/**
 * Whether instances of a formula can run: templates are saved while they are written, so it is asked when an instance is made (spec 30 §2.5, 31 §7).
 * Types that nobody knows are let through: they fail when they are visited.
 *
 * @throws ValenceError FORMULA_INVALID (400) naming the step, and the property or the step that is missing
 */
export function checkRunnable({ name, parts: { steps, triggers } }: { name: string; parts: FormulaParts }): void {
  const known = new Set(steps.map((step) => step.name))
  for (const trigger of triggers) {
    assertEdges(`formula "${name}": trigger`, trigger, known)
    assertProperties(`formula "${name}": the trigger`, trigger, ownValue(OF_TRIGGERS, trigger.type) ?? [])
  }
  for (const step of steps) {
    assertEdges(`formula "${name}": step "${step.name}"`, step, known)
    const kind = ownValue(STEP_KINDS as Readonly<Record<string, StepKind | undefined>>, step.type)
    assertProperties(`formula "${name}": step "${step.name}"`, step, kind?.required ?? [])
  }
}

/** A sub-formula that is named by its id must be there (spec 31 §7); imports leave -1 where they know none. @throws ValenceError FORMULA_INVALID */
export async function checkSubFormulas(
  db: Kysely<FormulaTables>,
  viewer: Viewer,
  { name, parts: { steps } }: { name: string; parts: FormulaParts },
): Promise<void> {
  const named = steps.flatMap((step) => {
    const id = step.type === 'formula' ? String(step.properties['formulaId'] ?? '').trim() : ''
    return /^-?\d+$/.test(id) ? [{ step: step.name, id }] : []
  })
  if (named.length === 0) return
  const ids = named.flatMap(({ id }) => readId(id) ?? [])
  const rows =
    ids.length === 0
      ? []
      : await formulasRunBy(db, viewer).select('formulas.id').where('formulas.id', 'in', ids).execute()
  const known = new Set(rows.map(({ id }) => id))
  const wrong = named.find(({ id }) => !known.has(readId(id) ?? 0))
  if (!wrong) return
  const message = `formula "${name}": step "${wrong.step}": formulaId is ${wrong.id.slice(0, 30)}, and there is no such formula`
  throw new ValenceError('FORMULA_INVALID', message)
}

function assertEdges(what: string, part: FormulaStep | FormulaTrigger, known: ReadonlySet<string>): void {
  for (const edge of ['onSuccess', 'onFailure'] as const) {
    const missing = part[edge].find((step) => !known.has(step))
    if (missing === undefined) continue
    throw new ValenceError(
      'FORMULA_INVALID',
      `${what}: ${edge} names "${missing}", which is none of the formula's steps; correct it or add that step`,
    )
  }
}

function assertProperties(
  what: string,
  { type, properties }: FormulaStep | FormulaTrigger,
  required: readonly string[],
) {
  const missing = required.filter((name) => isBlank(ownValue(properties, name)))
  if (missing.length === 0) return
  const names = missing.map((name) => `"${name}"`).join(', ')
  throw new ValenceError('FORMULA_INVALID', `${what} (${type}) lacks ${names} in its properties`)
}

/** An empty text means that nothing is set (spec 30 §9). */
function isBlank(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
}
