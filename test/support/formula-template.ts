import { formulaDb } from '../../src/formulas/formula-table.ts'
import type { FormulaBody, FormulaParts } from '../../src/model/formula.ts'
import type { Owner } from '../../src/model/owner.ts'
import type { Store } from '../../src/store/database.ts'

/** Parts in short: a manual trigger that leads nowhere, unless said otherwise. */
export function partsOf(parts: {
  trigger?: { type: string; properties?: Record<string, unknown>; onSuccess?: string[] }
  steps?: FormulaParts['steps']
  variables?: Record<string, 'elementInstance' | 'value' | 'elementInstance?' | 'value?'>
}): FormulaParts {
  const { type, properties = {}, onSuccess = [] } = parts.trigger ?? { type: 'manual' }
  return {
    configuration: Object.entries(parts.variables ?? {}).map(([key, kind], at) => ({
      ...{ id: at + 1, key, name: key, type: kind.replace('?', ''), required: !kind.endsWith('?') },
    })),
    triggers: [{ id: 100, name: 'trigger', type, async: true, onSuccess, onFailure: [], properties }],
    steps: parts.steps ?? [],
  }
}

/** A formula as a row, past all checks of the API. @returns its id */
export async function insertFormula(
  store: Pick<Store, 'db'>,
  { organizationId, accountId, userId }: Owner,
  { name, parts, active = true }: { name: string; parts: FormulaParts; active?: boolean },
): Promise<number> {
  const at = new Date()
  const { id } = await formulaDb(store)
    .insertInto('formulas')
    .values({
      ...{ organization_id: organizationId, account_id: accountId, user_id: userId, name, active },
      ...{ description: null, engine: null, single_threaded: false, debug_logging_enabled: true },
      ...{ debug_logging_expires: null, method: null, uri: null, before_upgrade: null },
      ...{ parts: JSON.stringify(parts) as unknown as FormulaParts, created_at: at, updated_at: at },
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  const body = JSON.stringify({ name, engine: null, ...parts }) as unknown as FormulaBody
  await formulaDb(store)
    .insertInto('formula_revisions')
    .values({ formula_id: id, revision: 1, body, superseded_at: null })
    .execute()
  return id
}
