import { sql } from 'kysely'
import { conditionsOf, type Where } from '../../ceql/ast.ts'
import { matches } from '../../ceql/match.ts'
import { parseWhere } from '../../ceql/parse.ts'
import { isoSeconds } from '../../model/iso-seconds.ts'
import type { FormulaContext } from '../context.ts'
import { type FormulaRow, formulaDb } from '../formula-table.ts'
import { callableBy } from './callable-by.ts'
import { type Formula, type FormulaSummary, toFormula, toSummary } from './formula-body.ts'
import { LIMITS } from './limits.ts'
import { subFormulasOf } from './sub-formulas.ts'
import { formulasSeenBy, type Viewer } from './visible.ts'

export interface FormulaFilter {
  /** CEQL over members that are no lists, `name` above all; `abridged` in it chooses the display */
  where?: string | undefined
  abridged?: boolean
  /** id of a formula: only what that one may call */
  callableBy?: number | undefined
}

/** A formula of a list, before its parts are read. */
export interface FormulaLine {
  id: number
  sizeBytes: number
}

export interface ListedFormulas {
  lines: readonly FormulaLine[]
  abridged: boolean
}

/** All but what may be large. */
const LIGHT = [
  ...(['formulas.id', 'size_bytes', 'name', 'description', 'user_id', 'account_id', 'engine', 'active'] as const),
  ...(['single_threaded', 'debug_logging_enabled', 'debug_logging_expires', 'method', 'uri'] as const),
  ...(['created_at', 'updated_at'] as const),
] as const
type LightRow = Pick<
  FormulaRow,
  Exclude<keyof FormulaRow, 'parts' | 'before_upgrade' | 'organization_id' | 'is_monitored' | 'revision'>
>

type Context = Pick<FormulaContext, 'store'>

/**
 * `GET /formulas` (spec 30 §1.6): what the viewer sees, in order of id.
 * @throws ValenceError QUERY_INVALID when `where` does not parse; FORMULA_NOT_FOUND for an unknown `callableBy`
 */
export async function listFormulas(context: Context, viewer: Viewer, filter: FormulaFilter): Promise<ListedFormulas> {
  const where = parseWhere(filter.where ?? '')
  const abridged = filter.abridged === true || asksAbridged(where)
  const rows = await formulasSeenBy(formulaDb(context.store), viewer).select(LIGHT).orderBy('formulas.id').execute()
  const isCallable = filter.callableBy === undefined ? () => true : await callableBy(context, viewer, filter.callableBy)
  const found = rows.filter((row) => isCallable(row.id) && (!where || matches(where, membersOf(row, abridged))))
  return { lines: found.map(({ id, size_bytes }) => ({ id, sizeBytes: size_bytes })), abridged }
}

/** Whole formulas, or short ones; one that was deleted meanwhile is left out. */
export async function showFormulas(
  context: Context,
  viewer: Viewer,
  { lines, abridged }: ListedFormulas,
): Promise<(Formula | FormulaSummary)[]> {
  if (lines.length === 0) return []
  const ids = lines.map(({ id }) => id)
  const chosen = formulasSeenBy(formulaDb(context.store), viewer).where('formulas.id', 'in', ids).orderBy('formulas.id')
  if (!abridged) {
    const rows = await chosen.selectAll().execute()
    const room = { bytes: LIMITS.shownBytes }
    const shown: Formula[] = []
    for (const row of rows) shown.push(toFormula(row, await subFormulasOf(context, viewer, row, room)))
    return shown
  }
  const rows = await chosen
    .select(LIGHT)
    .select(
      sql<FormulaRow['parts']>`json_build_object('configuration', parts->'configuration',
        'triggers', parts->'triggers', 'steps', '[]'::json)`.as('parts'),
    )
    .execute()
  return rows.map(toSummary)
}

/** How many of these fit into one page, at least one. */
export function fitting({ abridged }: ListedFormulas): (lines: readonly FormulaLine[]) => number {
  return (lines) => {
    let count = 0
    for (let bytes = 0; count < lines.length; count++) {
      bytes += lines[count]?.sizeBytes ?? 0
      if (!abridged && count > 0 && bytes > LIMITS.shownBytes) break
    }
    return count
  }
}

/** `abridged` is a display switch: its condition holds for every row, whichever way it was set. */
function membersOf(row: LightRow, abridged: boolean) {
  const { id, name, description, user_id, account_id, engine, active, method, uri } = row
  return {
    ...{ id, name, description, userId: user_id, accountId: account_id, engine, active, method, uri, abridged },
    ...{ singleThreaded: row.single_threaded, debugLoggingEnabled: row.debug_logging_enabled },
    ...{ api: method === null || uri === null ? null : `${method} ${uri}` },
    ...{ createdDate: isoSeconds(row.created_at), updatedDate: isoSeconds(row.updated_at) },
  }
}

function asksAbridged(where: Where | undefined): boolean {
  const display = where && conditionsOf(where).find((condition) => condition.attribute === 'abridged')
  return display?.kind === 'comparison' && display.value.text.toLowerCase() === 'true'
}
