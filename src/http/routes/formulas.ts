import Type from 'typebox'
import type { FormulaContext } from '../../formulas/context.ts'
import { createFormula } from '../../formulas/templates/create-formula.ts'
import { Formula, FormulaOrSummary } from '../../formulas/templates/formula-body.ts'
import { fitting, listFormulas, showFormulas } from '../../formulas/templates/list-formulas.ts'
import { readOneFormula } from '../../formulas/templates/read-one-formula.ts'
import type { App } from '../app.ts'
import { PAGING } from '../openapi/common-parameters.ts'
import { arrayOf, flag, openBody, query } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import { pageInMemory, readListPage, type TokenSigner } from '../paging.ts'
import { idOf, isTrue, queryId, single } from '../query.ts'

export const FORMULA_ID = Type.String({ description: 'Id of the formula' })
const params = Type.Object({ id: FORMULA_ID })

/** Members are read and explained by the room; what is not one of a formula is ignored (spec 30 §2.1). */
const Body = openBody(Formula)

/** Formulas as people write them (spec 30 §1.1). */
export function formulaRoutes(
  app: App,
  { formulas: context, signer }: { formulas: FormulaContext; signer: TokenSigner },
): void {
  app.get(
    '/formulas',
    {
      config: { operation: 'formulas.read' },
      schema: {
        summary: 'List formulas',
        description: 'By id: those of the account and of the default account; an administrator sees all. None is `[]`.',
        querystring: query({
          ...PAGING,
          where: Type.String({ description: "Condition in CEQL: `name in ('A','B')`" }),
          abridged: flag('`true` answers formulas without their steps'),
          callableBy: Type.Integer({ description: 'Id of a formula: only those that it may call without a circle' }),
          includeSystem: flag('Samples as well; this hub has none'),
        }),
        response: { 200: arrayOf(FormulaOrSummary) },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request)
      const given = {
        where: single(request.query['where']) ?? '',
        callableBy: single(request.query['callableBy'])?.trim() ?? '',
      }
      const page = readListPage(request.query, 'formulas', given, signer, reply)
      const by = single(page.filter['callableBy'])
      const found = await listFormulas(context, caller, {
        where: single(page.filter['where']),
        abridged: isTrue(request.query['abridged']),
        callableBy: by === undefined ? undefined : queryId('callableBy', by),
      })
      const lines = pageInMemory(found.lines, page, 'formulas', signer, reply, fitting(found))
      return showFormulas(context, caller, { ...found, lines })
    },
  )
  app.post(
    '/formulas',
    {
      config: { operation: 'formulas.create' },
      schema: {
        summary: 'Make a formula',
        description: 'Also of an export: ids, owners and dates in it are ignored. 409 for a name that is taken.',
        body: Body,
        response: { 200: Formula },
      },
    },
    async (request) => createFormula(context, callerOf(request), request.body),
  )
  app.get(
    '/formulas/:id',
    {
      config: { operation: 'formulas.read' },
      schema: { summary: 'Read a formula', params, response: { 200: Formula } },
    },
    async (request) => readOneFormula(context, callerOf(request), idOf(request.params.id)),
  )
  app.get(
    '/formulas/:id/export',
    {
      config: { operation: 'formulas.read' },
      schema: {
        summary: 'Export a formula',
        description: 'Ready for `POST /formulas` of another hub.',
        params,
        response: { 200: Formula },
      },
    },
    async (request) => readOneFormula(context, callerOf(request), idOf(request.params.id)),
  )
}
