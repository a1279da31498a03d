import { ValenceError } from '../errors.ts'
import type { FormulaBody, FormulaStep } from '../model/formula.ts'
import type { FormulaContext } from './context.ts'
import { formulaDb } from './formula-table.ts'

/** A revision of a formula, ready to run: it never changes. */
export interface CompiledFormula {
  id: number
  revision: number
  name: string
  engine: 'v1' | 'v3'
  body: FormulaBody
  step(name: string): FormulaStep | undefined
  /** type by name of step */
  types: Readonly<Record<string, string>>
  /** names of the steps that a trigger leads to; of one that is not there: none */
  firstSteps(triggerNumber?: number): readonly string[]
}

export function compileFormula(id: number, revision: number, body: FormulaBody): CompiledFormula {
  const steps = new Map(body.steps.map((step) => [step.name, step]))
  const types = Object.assign(
    Object.create(null) as Record<string, string>,
    Object.fromEntries(body.steps.map(({ name, type }) => [name, type])),
  )
  return {
    ...{ id, revision, body, types, name: body.name, engine: body.engine ?? 'v3' },
    step: (name) => steps.get(name),
    firstSteps: (triggerNumber = 0) => body.triggers[triggerNumber]?.onSuccess ?? [],
  }
}

const MOST_BYTES = 32 * 1024 * 1024

interface Entry {
  formula: CompiledFormula
  bytes: number
}

/** of a process; what is used goes to the end */
const caches = new WeakMap<object, { entries: Map<string, Entry>; bytes: number }>()

/**
 * A revision of a formula, from memory where it is known.
 *
 * @throws ValenceError FORMULA_NOT_FOUND when it is gone
 */
export async function formulaOf(
  { store }: Pick<FormulaContext, 'store'>,
  id: number,
  revision: number,
): Promise<CompiledFormula> {
  const key = `${id}.${revision}`
  const cache = caches.get(store.db) ?? { entries: new Map<string, Entry>(), bytes: 0 }
  caches.set(store.db, cache)
  const known = cache.entries.get(key)
  if (known) {
    cache.entries.delete(key)
    cache.entries.set(key, known)
    return known.formula
  }
  const row = await formulaDb(store)
    .selectFrom('formula_revisions')
    .select('body')
    .where('formula_id', '=', id)
    .where('revision', '=', revision)
    .executeTakeFirst()
  if (!row) throw new ValenceError('FORMULA_NOT_FOUND', `Formula ${id} has no revision ${revision} any more`)
  const entry = { formula: compileFormula(id, revision, row.body), bytes: JSON.stringify(row.body).length }
  if (!cache.entries.has(key)) {
    cache.entries.set(key, entry)
    cache.bytes += entry.bytes
  }
  for (const [oldest, { bytes }] of cache.entries) {
    if (cache.bytes <= MOST_BYTES || oldest === key) break
    cache.entries.delete(oldest)
    cache.bytes -= bytes
  }
  return entry.formula
}
