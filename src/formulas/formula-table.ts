import type { Generated, Kysely, Selectable, Transaction } from 'kysely'
import type { FormulaBody, FormulaEngine, FormulaParts } from '../model/formula.ts'
import type { Store } from '../store/database.ts'
import type { SealedColumn } from '../store/rotate-keys.ts'
import type { ExecutionTable, StepTable } from './executions/execution-table.ts'
import type {
  IntegrationFormulaInstanceTable,
  IntegrationFormulaTable,
  IntegrationTable,
} from './integrations/integration-table.ts'

/** A formula: a workflow as somebody wrote it. Only its instances run. */
export interface FormulaTable {
  id: Generated<number>
  organization_id: number
  account_id: number
  user_id: number
  /** unique in its account */
  name: string
  description: string | null
  engine: FormulaEngine | null
  active: boolean
  single_threaded: boolean
  is_monitored: Generated<boolean>
  debug_logging_enabled: boolean
  /** logging counts as off from then on */
  debug_logging_expires: Date | null
  /** with `uri`: it is a resource of its own (spec 30 §5.1) */
  method: string | null
  uri: string | null
  parts: FormulaParts
  /** of `parts` as JSON */
  size_bytes: Generated<number>
  /** as it was before the upgrade to v3, to be brought back (spec 31 §8) */
  before_upgrade: BeforeUpgrade | null
  /** grows with every change of what an execution runs */
  revision: Generated<number>
  created_at: Date
  updated_at: Date
}

export interface BeforeUpgrade extends FormulaParts {
  engine: FormulaEngine | null
}

/** What executions run, each as long as one may need it: editing a formula does not change those that are under way. */
export interface FormulaRevisionTable {
  formula_id: number
  revision: number
  body: FormulaBody
  /** since when there is a newer one */
  superseded_at: Date | null
}

/** A formula with its variables bound to element instances and values. */
export interface FormulaInstanceTable {
  id: Generated<number>
  organization_id: number
  account_id: number
  user_id: number
  formula_id: number
  /** not unique */
  name: string
  active: boolean
  /** null: as its formula says */
  single_threaded: boolean | null
  /** sealed: `FormulaInstanceValues` as JSON */
  sealed: string
  /** of its setting `api`: it is a resource of its own (spec 30 §5.4) */
  api_method: string | null
  api_uri: string | null
  /** whose resource it was made for, where a resource of an element is a formula (spec 30 §5.5) */
  element_instance_id: number | null
  /** of its setting `formula.instance.time.to.live` */
  expires_at: Date | null
  /** of the schedule that was made for it; one that somebody deleted since does not come back with the same (spec 33 §1.5) */
  scheduled_cron: string | null
  /** executions that failed since the last one that did not (spec 32 §8.2) */
  consecutive_errors: Generated<number>
  first_error_at: Date | null
  error_warnings: Generated<number>
  created_at: Date
  updated_at: Date
}

/** Values of variables of type `elementInstance`. */
export interface FormulaBindingTable {
  formula_instance_id: number
  key: string
  element_instance_id: number
}

/**
 * What instances listen to: only of those that are active, with an active formula, and triggers of type `event` or `elementRequest`. Clocks are in
 * `schedules`.
 */
export interface FormulaTriggerTable {
  formula_instance_id: number
  /** place in the formula's list */
  number: number
  type: 'event' | 'elementRequest'
  element_instance_id: number
  /** of `elementRequest`: upper case */
  method: string | null
  /** of `elementRequest`: below the hub, with a leading slash, as the formula has it */
  path: string | null
}

export type FormulaTables = {
  formulas: FormulaTable
  formula_revisions: FormulaRevisionTable
  formula_instances: FormulaInstanceTable
  formula_bindings: FormulaBindingTable
  formula_triggers: FormulaTriggerTable
  formula_executions: ExecutionTable
  formula_steps: StepTable
  integrations: IntegrationTable
  integration_formulas: IntegrationFormulaTable
  integration_formula_instances: IntegrationFormulaInstanceTable
}

export type FormulaRow = Selectable<FormulaTable>
export type FormulaInstanceRow = Selectable<FormulaInstanceTable>

export function formulaDb({ db }: Pick<Store, 'db'>): Kysely<FormulaTables> {
  return db.withTables<FormulaTables>()
}

export function inFormulas<DB>(trx: Transaction<DB>): Transaction<FormulaTables> {
  return trx as unknown as Transaction<FormulaTables>
}

export const SEALED_COLUMNS: SealedColumn[] = [{ table: 'formula_instances', idColumn: 'id', column: 'sealed' }]

/** Topics of `store/changes.ts`. The keys are ids: of a formula, of an instance of one. */
export const FORMULA_TOPIC = 'formula'
export const FORMULA_INSTANCE_TOPIC = 'formula-instance'
/** What element instances are listened to has changed; the key is the id of one, or of the formula instance that listens. */
export const FORMULA_TRIGGER_TOPIC = 'formula-trigger'
