import Type, { type Static } from 'typebox'
import { FormulaStep, FormulaTrigger, FormulaVariable } from '../../model/formula.ts'
import { IsoSeconds, isoSeconds } from '../../model/iso-seconds.ts'
import type { FormulaRow } from '../formula-table.ts'

const MEMBERS = {
  id: Type.Integer(),
  name: Type.String({ description: 'Unique in its account' }),
  description: Type.Optional(Type.String()),
  userId: Type.Integer(),
  accountId: Type.Integer(),
  createdDate: IsoSeconds,
  updatedDate: IsoSeconds,
  engine: Type.Optional(Type.Enum(['v1', 'v3'], { description: 'What it was written for; `v3` when absent' })),
  active: Type.Boolean({ description: '`false`: none of its instances starts' }),
  singleThreaded: Type.Boolean({ description: 'Executions of an instance go one after the other' }),
  debugLoggingEnabled: Type.Boolean({ description: 'What its steps came to is kept, also of those that succeed' }),
  debugLoggingExpires: Type.Optional(Type.String({ format: 'date-time', description: 'Logging is off from then on' })),
  method: Type.Optional(Type.String({ description: 'With `uri`: it is a resource of its own' })),
  uri: Type.Optional(Type.String()),
  api: Type.Optional(Type.String({ description: '`method` and `uri`, where there are both' })),
  configuration: Type.Array(FormulaVariable),
  triggers: Type.Array(FormulaTrigger),
}

/** Without steps: what `abridged` answers. */
export const FormulaSummary = Type.Object(MEMBERS, { title: 'FormulaSummary' })
export type FormulaSummary = Static<typeof FormulaSummary>

const WHOLE = { ...MEMBERS, steps: Type.Array(FormulaStep) }
const SubFormula = Type.Object(WHOLE, { title: 'SubFormula' })

/** A formula as the wire says it (spec 30 §2.1): what is not set is not there. */
export const Formula = Type.Object(
  {
    ...WHOLE,
    subFormulas: Type.Optional(
      Type.Array(SubFormula, { description: 'Formulas that its steps call, and those that these call; none: absent' }),
    ),
  },
  { title: 'Formula' },
)
export type Formula = Static<typeof Formula>
export type SubFormula = Static<typeof SubFormula>

export const FormulaOrSummary = Type.Unsafe<Formula | FormulaSummary>(Type.Union([Formula, FormulaSummary]))

export function toFormula(row: FormulaRow, subFormulas: readonly FormulaRow[] = []): Formula {
  return {
    ...toSummary(row),
    steps: row.parts.steps,
    ...(subFormulas.length > 0 ? { subFormulas: subFormulas.map((one) => toFormula(one)) } : {}),
  }
}

type Shown = Omit<FormulaRow, 'before_upgrade' | 'organization_id' | 'is_monitored' | 'revision'>

export function toSummary(row: Shown): FormulaSummary {
  const { description, engine, debug_logging_expires: expires, method, uri, parts } = row
  return {
    ...{ id: row.id, name: row.name },
    ...(description === null ? {} : { description }),
    ...{ userId: row.user_id, accountId: row.account_id },
    ...{ createdDate: isoSeconds(row.created_at), updatedDate: isoSeconds(row.updated_at) },
    ...(engine === null ? {} : { engine }),
    ...{ active: row.active, singleThreaded: row.single_threaded, debugLoggingEnabled: row.debug_logging_enabled },
    ...(expires === null ? {} : { debugLoggingExpires: isoSeconds(expires) }),
    ...(method === null ? {} : { method }),
    ...(uri === null ? {} : { uri }),
    ...(method === null || uri === null ? {} : { api: `${method} ${uri}` }),
    ...{ configuration: parts.configuration, triggers: parts.triggers },
  }
}
