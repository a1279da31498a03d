import Type from 'typebox'
import type { FormulaContext } from '../../formulas/context.ts'
import { addPart, listParts, readPart, removePart, replacePart } from '../../formulas/templates/formula-parts.ts'
import { FormulaStep, FormulaTrigger, FormulaVariable } from '../../model/formula.ts'
import { answerItems } from '../answer-list.ts'
import type { App } from '../app.ts'
import { empty } from '../empty-reply.ts'
import { FORMULA_ID, PAGING } from '../openapi/common-parameters.ts'
import { arrayOf, NOTHING, openBody, query } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import type { TokenSigner } from '../paging.ts'
import { idOf } from '../query.ts'

/** Lists of spec 30 §1.2, and what a caller has to know of each. */
const LISTS = [
  {
    list: 'steps',
    ...{ noun: 'a step', plural: 'steps', part: FormulaStep },
    added: 'Without `scriptEngine` it is v1 where all other scripts of the formula are; 409 for a name that is taken.',
    changed: 'What the body lacks stays.',
    removed: 'Nothing leads to it any more.',
  },
  {
    list: 'triggers',
    ...{ noun: 'a trigger', plural: 'triggers', part: FormulaTrigger },
    added: 'Of several, each starts executions.',
    changed: 'What the body lacks stays. Schedules of instances follow.',
    removed: 'Schedules of instances go with it.',
  },
  {
    list: 'configuration',
    ...{ noun: 'a variable', plural: 'variables', part: FormulaVariable },
    added: '409 for a key that is taken.',
    changed: 'What the body lacks stays. With another `key`, references to it and values of instances follow.',
    removed: '409 while the formula has instances.',
  },
] as const

const of = Type.Object({ id: FORMULA_ID })
const ofPart = Type.Object({ id: FORMULA_ID, partId: Type.String({ description: 'Id of the part' }) })
const read = { operation: 'formulas.read' as const }
const edit = { operation: 'formulas.update' as const }

/** Steps, triggers and variables of a formula, one by one. */
export function formulaPartRoutes(
  app: App,
  { formulas: context, signer }: { formulas: FormulaContext; signer: TokenSigner },
): void {
  for (const { list, noun, plural, part, added, changed, removed } of LISTS) {
    const url = `/formulas/:id/${list}`
    const Body = openBody(part)
    const answer = Type.Unsafe<FormulaStep | FormulaTrigger | FormulaVariable>(part)

    app.get(
      url,
      {
        config: read,
        schema: {
          summary: `List ${plural} of a formula`,
          params: of,
          querystring: query(PAGING),
          response: { 200: arrayOf(answer) },
        },
      },
      async (request, reply) => {
        const id = idOf(request.params.id)
        const parts = await listParts(context, callerOf(request), id, list)
        return answerItems(request, reply, `${list} of formula ${id}`, signer, parts)
      },
    )
    app.post(
      url,
      {
        config: edit,
        schema: {
          summary: `Add ${noun} to a formula`,
          description: added,
          params: of,
          body: Body,
          response: { 200: answer },
        },
      },
      async (request) => addPart(context, callerOf(request), idOf(request.params.id), list, request.body),
    )
    app.get(
      `${url}/:partId`,
      { config: read, schema: { summary: `Read ${noun} of a formula`, params: ofPart, response: { 200: answer } } },
      async (request) => {
        const { id, partId } = request.params
        return readPart(context, callerOf(request), idOf(id), list, idOf(partId))
      },
    )
    app.put(
      `${url}/:partId`,
      {
        config: edit,
        schema: {
          summary: `Change ${noun} of a formula`,
          description: changed,
          params: ofPart,
          body: Body,
          response: { 200: answer },
        },
      },
      async (request) => {
        const { id, partId } = request.params
        return replacePart(context, callerOf(request), idOf(id), list, idOf(partId), request.body)
      },
    )
    app.delete(
      `${url}/:partId`,
      {
        config: edit,
        schema: {
          summary: `Delete ${noun} of a formula`,
          description: removed,
          params: ofPart,
          response: { 200: NOTHING },
        },
      },
      async (request, reply) => {
        const { id, partId } = request.params
        return empty(reply, removePart(context, callerOf(request), idOf(id), list, idOf(partId)))
      },
    )
  }
}
