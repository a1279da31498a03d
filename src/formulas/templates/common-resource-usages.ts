import { sql } from 'kysely'
import type { FormulaUsages } from '../../resources/formula-usages.ts'
import type { Store } from '../../store/database.ts'
import { formulaDb } from '../formula-table.ts'
import { formulasSeenBy } from './visible.ts'

/** So many formulas are read at once. */
const PIECE = 100
/** Names of the properties of steps that hold a path of our API. */
const PATHS = ['api', 'downloadApi', 'uploadApi'] as const

/** Formulas, among those that the viewer sees, whose steps call a common resource (spec 30 §1.5). */
export function commonResourceUsages({ store }: { store: Pick<Store, 'db'> }): FormulaUsages {
  return async (viewer, objectName) => {
    const db = formulaDb(store)
    const usages = []
    for (let after = 0; ; ) {
      const rows = await formulasSeenBy(db, viewer)
        .select(['formulas.id', 'formulas.name', 'parts'])
        .where('formulas.id', '>', after)
        .where(sql<boolean>`position(${asInJson(objectName)} in parts::text) > 0`)
        .orderBy('formulas.id')
        .limit(PIECE)
        .execute()
      for (const { id, name, parts } of rows) {
        const usageCount = parts.steps.filter((step) => callsResource(step, objectName)).length
        if (usageCount > 0) usages.push({ formulaId: id, formulaName: name, usageCount })
      }
      const last = rows.at(-1)
      if (!last || rows.length < PIECE) return usages
      after = last.id
    }
  }
}

/** The name is a segment of the path, whole; others may be references, which hold slashes and question marks of their own. */
function callsResource({ properties }: { properties: Record<string, unknown> }, objectName: string): boolean {
  return PATHS.some((property) => {
    const api = properties[property]
    if (typeof api !== 'string') return false
    const [path = ''] = api.replaceAll(/\$?\{[^{}]*\}/g, '_').split(/[?#]/, 1)
    return path.split('/').some((segment) => segment.trim() === objectName)
  })
}

/** As `JSON.stringify` writes it. */
function asInJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}
