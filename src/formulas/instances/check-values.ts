import { type Kysely, sql } from 'kysely'
import { ValenceError } from '../../errors.ts'
import type { FormulaInstanceValues, FormulaVariable } from '../../model/formula.ts'
import type { FormulaContext } from '../context.ts'
import type { FormulaRow, FormulaTables } from '../formula-table.ts'
import { readId } from './configured-text.ts'
import { cronOf } from './wanted.ts'

type Configuration = FormulaInstanceValues['configuration']

/** Of configuration and settings together, as JSON: every execution begins with a copy. */
const MAX_CHARACTERS = 1_048_576

/**
 * Whether an instance says what its formula asks for (spec 30 §3.2). What it said before is not looked at again: an element instance that was
 * deleted since must not keep a running formula from storing its state.
 *
 * @param before its configuration up to now; absent: it is being made
 * @throws ValenceError CONFIGURATION_MISSING, CONFIGURATION_INVALID (400) naming key and value, PARAMETER_INVALID for a cron
 */
export async function checkValues(
  { clock }: Pick<FormulaContext, 'clock'>,
  db: Kysely<FormulaTables>,
  formula: Pick<FormulaRow, 'name' | 'parts'>,
  owner: { accountId: number },
  { configuration, settings }: FormulaInstanceValues,
  before?: Configuration,
): Promise<void> {
  const { configuration: variables, triggers } = formula.parts
  const length = JSON.stringify({ configuration, settings }).length
  if (length > MAX_CHARACTERS)
    throw invalid(`configuration and settings have ${length} characters as JSON, at most ${MAX_CHARACTERS} are kept`)
  assertRequired(formula, configuration, before)
  const changed = variables.filter(({ key }) => before?.[key] !== configuration[key] && isSet(configuration[key]))
  await assertElementInstances(db, owner, changed, configuration)
  const cron = cronOf(triggers, configuration)
  if (before !== undefined && cron === cronOf(triggers, before)) return
  const scheduled = triggers.find(({ type }) => type === 'scheduled')
  if (!scheduled) return
  if (cron !== undefined) return clock.check(cron)
  throw invalid(
    `the trigger's cron is ${String(scheduled.properties['cron'])}, which the configuration has no value for; give it one`,
  )
}

function assertRequired(
  { name, parts: { configuration: variables } }: Pick<FormulaRow, 'name' | 'parts'>,
  configuration: Configuration,
  before: Configuration | undefined,
): void {
  const missing = variables.filter(
    ({ key, required }) => required && !isSet(configuration[key]) && (before === undefined || isSet(before[key])),
  )
  if (missing.length === 0) return
  const keys = missing.map(({ key }) => `"${key}"`).join(', ')
  throw new ValenceError('CONFIGURATION_MISSING', `configuration: formula "${name}" requires a value for ${keys}`)
}

async function assertElementInstances(
  db: Kysely<FormulaTables>,
  { accountId }: { accountId: number },
  variables: readonly FormulaVariable[],
  configuration: Configuration,
): Promise<void> {
  const named = variables.filter(({ type }) => type === 'elementInstance')
  const ids = named.flatMap(({ key }) => readId(configuration[key]) ?? [])
  const { rows } = await sql<{ id: number }>`
    select id from instances
    where id = any(${ids}::integer[]) and account_id = ${accountId} and deleted_at is null`.execute(db)
  const known = new Set(rows.map(({ id }) => id))
  const wrong = named.find(({ key }) => !known.has(readId(configuration[key]) ?? 0))
  if (!wrong) return
  const value = String(configuration[wrong.key]).slice(0, 100)
  throw invalid(
    `configuration: "${wrong.key}" is "${value}", which is no element instance of this account; name one by its id`,
  )
}

/** Clients send an empty text for what is left open. */
function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== ''
}

function invalid(message: string): ValenceError {
  return new ValenceError('CONFIGURATION_INVALID', message)
}
