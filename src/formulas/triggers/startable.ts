import type { Kysely, RawBuilder, SqlBool } from 'kysely'
import { ValenceError } from '../../errors.ts'
import type { FormulaInstanceValues } from '../../model/formula.ts'
import type { FormulaContext } from '../context.ts'
import type { ExecutionToStart } from '../executions/start-execution.ts'
import type { FormulaRow, FormulaTables } from '../formula-table.ts'
import { openValues } from '../instances/open-instance.ts'
import { ownerIsActive } from '../instances/owner-is-active.ts'

/** An instance with all that an execution of it begins with. */
export interface Startable extends Pick<ExecutionToStart, 'formula' | 'instance'> {
  name: string
  parts: FormulaRow['parts']
  /** of the formula as a resource (spec 30 §5); null: it is none */
  resource: { method: string; uri: string } | null
  /** of the instance's setting `api` */
  ownResource: { method: string; uri: string } | null
  /** why none can be started; undefined: it can */
  inactive: string | undefined
}

/**
 * Instances that something wants to start, with their formulas as they are now.
 * @param where over `instance` and `formula`
 */
export async function findStartable(
  context: Pick<FormulaContext, 'store' | 'log'>,
  db: Kysely<FormulaTables>,
  where: RawBuilder<SqlBool>,
): Promise<Startable[]> {
  const rows = await db
    .selectFrom('formula_instances as instance')
    .innerJoin('formulas as formula', 'formula.id', 'instance.formula_id')
    .selectAll('instance')
    .select([
      'formula.name as formula_name',
      'formula.revision',
      'formula.engine',
      'formula.single_threaded as formula_single_threaded',
      'formula.debug_logging_enabled',
      'formula.debug_logging_expires',
      'formula.active as formula_active',
      'formula.method',
      'formula.uri',
      'formula.parts',
    ])
    .select(ownerIsActive('instance').as('owner_is_active'))
    .where(where)
    .orderBy('instance.id')
    .execute()
  return rows.map((row) => ({
    ...stateOf(context, row),
    name: row.formula_name,
    parts: row.parts,
    resource: addressOf(row.method, row.uri),
    ownResource: addressOf(row.api_method, row.api_uri),
    formula: {
      id: row.formula_id,
      revision: row.revision,
      engine: row.engine,
      single_threaded: row.formula_single_threaded,
      debug_logging_enabled: row.debug_logging_enabled,
      debug_logging_expires: row.debug_logging_expires,
    },
  }))
}

/** Others are looked up together with one whose values are damaged, or sealed with a key that is gone: these can be started. */
function stateOf<Row extends Parameters<typeof whyInactive>[0] & { sealed: string }>(
  { store, log }: Pick<FormulaContext, 'store' | 'log'>,
  row: Row,
): { inactive: string | undefined; instance: Row & { values: FormulaInstanceValues } } {
  try {
    return { inactive: whyInactive(row), instance: { ...row, values: openValues(store, row) } }
  } catch (error) {
    log.error(
      { err: error, formulaInstance: row.id },
      'a formula instance cannot be started: its values cannot be read',
    )
    const inactive = `The values of formula instance ${row.id} cannot be read; the log of the hub says why`
    return { inactive, instance: { ...row, values: { configuration: {}, settings: {} } } }
  }
}

/** @throws ValenceError FORMULA_INACTIVE (400) naming what is not active */
export function assertActive({ inactive }: Pick<Startable, 'inactive'>): void {
  if (inactive !== undefined) throw new ValenceError('FORMULA_INACTIVE', inactive)
}

function addressOf(method: string | null, uri: string | null): Startable['resource'] {
  return method === null || uri === null ? null : { method, uri }
}

function whyInactive(row: {
  id: number
  active: boolean
  formula_id: number
  formula_active: boolean
  owner_is_active: boolean
}): string | undefined {
  if (!row.active)
    return `Formula instance ${row.id} is not active; PUT /formulas/${row.formula_id}/instances/${row.id}/active activates it`
  if (!row.formula_active)
    return `Formula ${row.formula_id}, which instance ${row.id} is of, is not active; PATCH /formulas/${row.formula_id} with {"active": true} activates it`
  return row.owner_is_active ? undefined : `The owner of formula instance ${row.id} is not active`
}
