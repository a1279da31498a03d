import { ValenceError } from '../errors.ts'
import type { FormulaBody, FormulaStep } from '../model/formula.ts'
import { createCache } from '../store/cache.ts'
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

const MOST_FORMULAS = 10_000
const MOST_BYTES = 32 * 1024 * 1024
/** A revision is what it is: there is nothing to hear of it. */
const NEVER_CHANGES = { on: () => () => undefined, onReset: () => () => undefined, isListening: () => true }

export interface CompiledFormulas {
  /**
   * A revision of a formula, from memory where it is known; who asks for it at the same time shares one look.
   *
   * @throws ValenceError FORMULA_NOT_FOUND when it is gone
   */
  of(id: number, revision: number): Promise<CompiledFormula>
}

export function createCompiledFormulas({ store }: Pick<FormulaContext, 'store'>): CompiledFormulas {
  const cache = createCache<{ formula: CompiledFormula; bytes: number }>({
    changes: NEVER_CHANGES,
    topics: [],
    affects: () => false,
    max: MOST_FORMULAS,
    sizeOf: ({ bytes }) => bytes,
    maxSize: MOST_BYTES,
  })
  const load = async (id: number, revision: number) => {
    const row = await formulaDb(store)
      .selectFrom('formula_revisions')
      .select('body')
      .where('formula_id', '=', id)
      .where('revision', '=', revision)
      .executeTakeFirst()
    return row && { formula: compileFormula(id, revision, row.body), bytes: JSON.stringify(row.body).length }
  }
  return {
    async of(id, revision) {
      const found = await cache.get(`${id}.${revision}`, () => load(id, revision))
      if (!found) throw new ValenceError('FORMULA_NOT_FOUND', `Formula ${id} has no revision ${revision} any more`)
      return found.formula
    },
  }
}
