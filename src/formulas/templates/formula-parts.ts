import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import type { FormulaParts } from '../../model/formula.ts'
import { isObject } from '../../model/is-object.ts'
import { idInWords } from '../../model/row-id.ts'
import type { FormulaContext } from '../context.ts'
import type { FormulaRow } from '../formula-table.ts'
import { renameInstanceKey } from '../instances/rename-key.ts'
import { draftOf, editFormula } from './change-formula.ts'
import { findFormula } from './find-formula.ts'
import { numberParts } from './number-parts.ts'
import { readStep, readTrigger, readVariable } from './read-parts.ts'
import { assertNoInstances } from './remove-formula.ts'
import { renameKey } from './rename-key.ts'
import { withEngineOfOthers } from './scripted-steps.ts'
import { withoutStep } from './without-step.ts'

/** Which list of a formula (spec 30 §1.2). */
export type PartList = keyof FormulaParts
export type Part<List extends PartList> = FormulaParts[List][number]
type AnyPart = Part<PartList>
type Body = Readonly<Record<string, unknown>>

const NOUNS: Readonly<Record<PartList, string>> = { steps: 'step', triggers: 'trigger', configuration: 'variable' }
const READERS = { steps: readStep, triggers: readTrigger, configuration: readVariable }

/** @throws ValenceError FORMULA_NOT_FOUND */
export async function listParts<List extends PartList>(
  context: FormulaContext,
  caller: Caller,
  id: number,
  list: List,
): Promise<readonly Part<List>[]> {
  context.authorize(caller, 'formulas.read')
  return (await findFormula(context, caller, id)).parts[list]
}

/** @throws ValenceError FORMULA_NOT_FOUND, FORMULA_PART_NOT_FOUND */
export async function readPart<List extends PartList>(
  context: FormulaContext,
  caller: Caller,
  id: number,
  list: List,
  partId: number,
): Promise<Part<List>> {
  context.authorize(caller, 'formulas.read')
  return partOf(await findFormula(context, caller, id), list, partId)
}

/** @throws ValenceError ALREADY_EXISTS (409) for a name or key that is taken; what `checkFormula` throws */
export async function addPart<List extends PartList>(
  context: FormulaContext,
  caller: Caller,
  id: number,
  list: List,
  body: Body,
): Promise<Part<List>> {
  const { id: _foreign, ...given } = READERS[list](body)
  const row = await editFormula(context, caller, 'formulas.update', id, async (before, trx) => {
    const added = 'properties' in given ? withEngineOfOthers(given, before.parts.steps) : given
    // one of a name that is there already is told from it, and refused
    const alone = { configuration: [], triggers: [], steps: [] }
    const numbered = (await numberParts(trx, alone, { [list]: [added] }))[list][0] as AnyPart
    const parts = { ...before.parts, [list]: [...before.parts[list], numbered] }
    return { draft: { ...draftOf(before), parts }, part: { id: numbered.id, action: 'create', after: numbered } }
  })
  return row.parts[list].at(-1) as Part<List>
}

/**
 * What the body does not name stays. A variable with another key takes all references to it along, and the values of instances.
 * @throws the same
 */
export async function replacePart<List extends PartList>(
  context: FormulaContext,
  caller: Caller,
  id: number,
  list: List,
  partId: number,
  body: Body,
): Promise<Part<List>> {
  if (!isObject(body)) throw new ValenceError('BODY_INVALID', 'The request body is not an object')
  const row = await editFormula(context, caller, 'formulas.update', id, async (before, trx, publish) => {
    const present = partOf(before, list, partId)
    const after = { ...READERS[list]({ ...present, ...body }), id: partId } as AnyPart
    const replaced = { ...draftOf(before), parts: withPart(before.parts, list, after) }
    const [from, to] = [keyOf(present), keyOf(after)]
    const part = { id: partId, action: 'update', before: present, after } as const
    if (from === undefined || to === undefined || from === to) return { draft: replaced, part }
    await renameInstanceKey(context, trx, publish, caller, id, { from, to })
    return { draft: renameKey(replaced, { from, to }), part }
  })
  return partOf(row, list, partId)
}

/** A step that goes is nobody's next any more. @throws ValenceError IN_USE (409) for a variable of a formula that has instances */
export async function removePart(
  context: FormulaContext,
  caller: Caller,
  id: number,
  list: PartList,
  partId: number,
): Promise<void> {
  await editFormula(context, caller, 'formulas.update', id, async (before, trx) => {
    const gone = partOf(before, list, partId)
    if (list === 'configuration') await assertNoInstances(trx, before, `Formula "${before.name}" with its variables`)
    const left = { ...before.parts, [list]: before.parts[list].filter((part) => part.id !== partId) }
    const parts = list === 'steps' ? withoutStep(left, gone.name) : left
    return { draft: { ...draftOf(before), parts }, part: { id: partId, action: 'delete', before: gone } }
  })
}

function withPart(parts: FormulaParts, list: PartList, part: AnyPart): FormulaParts {
  return { ...parts, [list]: parts[list].map((one) => (one.id === part.id ? part : one)) }
}

function keyOf(part: AnyPart): string | undefined {
  return 'key' in part ? part.key : undefined
}

function partOf<List extends PartList>({ id, parts }: FormulaRow, list: List, partId: number): Part<List> {
  const part = parts[list].find((one) => one.id === partId)
  if (part) return part as Part<List>
  throw new ValenceError('FORMULA_PART_NOT_FOUND', `Formula ${id} has no ${NOUNS[list]} with ${idInWords(partId)}`)
}
