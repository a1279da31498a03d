import type { Generated, Selectable } from 'kysely'

/** Formulas and instances of them under one name (spec 33 §2). */
export interface IntegrationTable {
  id: Generated<number>
  organization_id: number
  account_id: number
  user_id: number
  /** unique in its account */
  name: string
  stage: string | null
  created_at: Date
  updated_at: Date
}

export interface IntegrationFormulaTable {
  integration_id: number
  formula_id: number
}

export interface IntegrationFormulaInstanceTable {
  integration_id: number
  formula_instance_id: number
}

export type IntegrationRow = Selectable<IntegrationTable>
