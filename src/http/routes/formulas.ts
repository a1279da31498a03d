import Type from 'typebox'
import type { FormulaContext } from '../../formulas/context.ts'
import { patchFormula, replaceFormula } from '../../formulas/templates/change-formula.ts'
import { createFormula } from '../../formulas/templates/create-formula.ts'
import { Formula, FormulaOrSummary } from '../../formulas/templates/formula-body.ts'
import { documentFormula } from '../../formulas/templates/formula-document.ts'
import { fitting, listFormulas, showFormulas } from '../../formulas/templates/list-formulas.ts'
import { monitorFormula } from '../../formulas/templates/monitor-formula.ts'
import { readOneFormula } from '../../formulas/templates/read-one-formula.ts'
import { removeFormula } from '../../formulas/templates/remove-formula.ts'
import { rollBackFormula, upgradeFormula } from '../../formulas/templates/upgrade-formula.ts'
import { answerDocument, DOCUMENT, type DocumentDeps, DocumentQuery } from '../answer-document.ts'
import type { App } from '../app.ts'
import { empty } from '../empty-reply.ts'
import { executionOf } from '../execution-of.ts'
import { FORMULA_ID, PAGING } from '../openapi/common-parameters.ts'
import { arrayOf, flag, NOTHING, openBody, query, uncheckedBody } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import { pageInMemory, readListPage, type TokenSigner } from '../paging.ts'
import { idOf, isTrue, queryId, single } from '../query.ts'

const params = Type.Object({ id: FORMULA_ID })
const NO_BODY = uncheckedBody({}, { required: false })
const UPGRADES = {
  PUT: {
    summary: 'Upgrade a formula to engine v3',
    description: 'References become those of engine v3; scripts stay. 400 for what v3 cannot run.',
    run: upgradeFormula,
  },
  DELETE: {
    summary: 'Take the upgrade of a formula back',
    description: 'Texts that nobody changed since are what they were before it.',
    run: rollBackFormula,
  },
} as const

const NULLABLE_TEXT = Type.Union([Type.String(), Type.Null()])

/** Members are read and explained by the room; what is not one of a formula is ignored (spec 30 §2.1). */
const Body = openBody(Formula)
const Patch = openBody(
  Type.Object(
    {
      name: Type.Optional(Type.String()),
      description: Type.Optional(NULLABLE_TEXT),
      active: Type.Optional(Type.Boolean()),
      engine: Type.Optional(NULLABLE_TEXT),
      debugLoggingEnabled: Type.Optional(Type.Boolean()),
      singleThreaded: Type.Optional(Type.Boolean()),
      method: Type.Optional(NULLABLE_TEXT),
      uri: Type.Optional(NULLABLE_TEXT),
    },
    { title: 'FormulaPatch' },
  ),
)

/** Formulas as people write them (spec 30 §1.1). */
export function formulaRoutes(app: App, deps: DocumentDeps & { formulas: FormulaContext; signer: TokenSigner }): void {
  const { formulas: context, signer } = deps

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
  app.put(
    '/formulas/:id',
    {
      config: { operation: 'formulas.update' },
      schema: {
        summary: 'Replace a formula',
        description:
          'Lists in the body replace the present ones, parts are found again by id or by name; what it lacks stays. Runs that are under way go on as they began.',
        params,
        body: Body,
        response: { 200: Formula },
      },
    },
    async (request) =>
      replaceFormula(context, callerOf(request), idOf(request.params.id), request.body, executionOf(request)),
  )
  app.patch(
    '/formulas/:id',
    {
      config: { operation: 'formulas.update' },
      schema: {
        summary: 'Change members of a formula',
        description: 'Single members, no lists; `null` takes one away.',
        params,
        body: Patch,
        response: { 200: Formula },
      },
    },
    async (request) =>
      patchFormula(context, callerOf(request), idOf(request.params.id), request.body, executionOf(request)),
  )
  app.delete(
    '/formulas/:id',
    {
      config: { operation: 'formulas.delete' },
      schema: {
        summary: 'Delete a formula',
        description: '409 while it has instances.',
        params,
        response: { 200: NOTHING },
      },
    },
    async (request, reply) => empty(reply, removeFormula(context, callerOf(request), idOf(request.params.id))),
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
  app.get(
    '/formulas/:id/docs',
    {
      config: { operation: 'formulas.read' },
      schema: {
        summary: 'Read the document of a formula that is a resource',
        description: '404 for one without `method` and `uri`.',
        params,
        querystring: query(DocumentQuery),
        response: { 200: DOCUMENT },
      },
    },
    async (request, reply) => {
      const document = await documentFormula(context, callerOf(request), idOf(request.params.id))
      return answerDocument(deps, request, reply, document)
    },
  )
  for (const method of ['PUT', 'DELETE'] as const) {
    const { summary, description, run } = UPGRADES[method]
    const isMonitored = method === 'PUT'
    app.route({
      method,
      url: '/formulas/:id/upgrade/v3',
      config: { operation: 'formulas.update' },
      schema: { summary, description, params, ...(isMonitored ? { body: NO_BODY } : {}), response: { 200: Formula } },
      handler: async (request) => run(context, callerOf(request), idOf(request.params.id)),
    })
    app.route({
      method,
      url: '/formulas/:id/monitored',
      config: { operation: 'formulas.monitor' },
      schema: {
        summary: isMonitored ? 'Mark a formula to be watched' : 'Take the mark away',
        params,
        ...(isMonitored ? { body: NO_BODY } : {}),
        response: { 200: NOTHING },
      },
      handler: async (request, reply) =>
        empty(reply, monitorFormula(context, callerOf(request), idOf(request.params.id), isMonitored)),
    })
  }
}
