import { type SqlBool, sql } from 'kysely'
import { ValenceError } from '../../errors.ts'
import type { Instance } from '../../instances/instance.ts'
import type { Resource } from '../../model/element.ts'
import type { FormulaContext } from '../context.ts'
import { formulaDb } from '../formula-table.ts'
import { readId } from '../instances/configured-text.ts'
import { createFormulaInstance } from '../instances/create-instance.ts'
import { assertRunsFormula } from '../instances/hold-formula.ts'
import { type FormulaCall, runForAnswer } from './call-formula.ts'
import type { FormulaAnswer } from './resource-answer.ts'
import { findStartable, type Startable } from './startable.ts'

const MOST_NAME = 255
/** Its index allows an element instance one instance of a formula, also of two calls at the same time. */
const UNIQUE_VIOLATION = '23505'

/**
 * A resource of an element that is a formula (spec 30 §5.5). It runs as an instance of its own for each element instance, which is made when it is
 * first called, in the name of the element instance's owner.
 *
 * @throws ValenceError FORMULA_INVALID, FORMULA_NOT_FOUND for a resource that cannot be one, and as `runForAnswer`
 */
export async function callElementResource(
  context: FormulaContext,
  instance: Instance,
  resource: Resource,
  call: FormulaCall,
): Promise<FormulaAnswer> {
  const formulaId = readId(resource['formulaId'])
  if (formulaId === undefined)
    throw new ValenceError(
      'FORMULA_INVALID',
      `${labelOf(resource)} is a formula, but has no formulaId that is the id of one`,
    )
  const found = (await findFor(context, formulaId, instance.id)) ?? (await make(context, formulaId, instance, resource))
  return runForAnswer(context, found, call)
}

async function findFor(
  context: FormulaContext,
  formulaId: number,
  elementInstanceId: number,
): Promise<Startable | undefined> {
  const where = sql<SqlBool>`instance.formula_id = ${formulaId} and instance.element_instance_id = ${elementInstanceId}`
  return (await findStartable(context, formulaDb(context.store), where))[0]
}

/** The hub makes it, not whoever calls: nobody needs the privilege to make instances for that. */
async function make(
  context: FormulaContext,
  formulaId: number,
  instance: Instance,
  resource: Resource,
): Promise<Startable> {
  const owner = await context.callerOf(instance.userId)
  await assertRunsFormula(formulaDb(context.store), owner, formulaId)
  const formula = await formulaDb(context.store)
    .selectFrom('formulas')
    .select(['name', 'parts'])
    .where('id', '=', formulaId)
    .executeTakeFirstOrThrow()
  const [variable, ...more] = formula.parts.configuration.filter(({ type }) => type === 'elementInstance')
  if (!variable || more.length > 0)
    throw new ValenceError(
      'FORMULA_INVALID',
      `${labelOf(resource)}: formula "${formula.name}" has ${variable ? more.length + 1 : 'no'} variables of type elementInstance; as a resource of an element it has exactly one, which becomes the element instance that is called`,
    )
  const name = `${instance.name}: ${formula.name}`.slice(0, MOST_NAME)
  const body = { name, configuration: { [variable.key]: String(instance.id) } }
  const maker = { ...owner, privileges: new Set([...owner.privileges, 'createFormulaInstances']) }
  try {
    await createFormulaInstance(context, maker, formulaId, body, { elementInstanceId: instance.id })
  } catch (error) {
    if ((error as { code?: string }).code !== UNIQUE_VIOLATION) throw error
  }
  const made = await findFor(context, formulaId, instance.id)
  if (made) return made
  throw new ValenceError(
    'UNAVAILABLE',
    `The instance of formula "${formula.name}" was deleted while it was made; try again`,
  )
}

function labelOf({ method, path }: Resource): string {
  return `${method} ${path}`
}
