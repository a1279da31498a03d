import Type from 'typebox'
import type { FormulaContext } from '../../formulas/context.ts'
import { createFormulaInstance } from '../../formulas/instances/create-instance.ts'
import { FormulaInstanceBody } from '../../formulas/instances/instance-body.ts'
import {
  listFormulaInstances,
  listInstancesOfAccount,
  listInstancesOfFormula,
  readFormulaInstance,
} from '../../formulas/instances/list-instances.ts'
import { removeFormulaInstance } from '../../formulas/instances/remove-instances.ts'
import { switchFormulaInstance, updateFormulaInstance } from '../../formulas/instances/update-instance.ts'
import { answerPage } from '../answer-list.ts'
import type { App } from '../app.ts'
import { empty } from '../empty-reply.ts'
import { executionOf } from '../execution-of.ts'
import { ACCOUNT_ID, FORMULA_ID, FORMULA_INSTANCE_ID, INCLUDE_INACTIVE, PAGING } from '../openapi/common-parameters.ts'
import { arrayOf, NOTHING, openBody, query } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import type { TokenSigner } from '../paging.ts'
import { idOf, isTrue, type Query, queryId, single } from '../query.ts'

const ofFormula = Type.Object({ id: FORMULA_ID })
const ofAccount = Type.Object({ accountId: ACCOUNT_ID, formulaId: FORMULA_ID })
const short = Type.Object({ instanceId: FORMULA_INSTANCE_ID })
const long = Type.Object({ id: FORMULA_ID, instanceId: FORMULA_INSTANCE_ID })

const Values = Type.Optional(
  Type.Record(Type.String(), Type.Unknown(), {
    description: 'By key of a variable of the formula; numbers and switches are kept as text, null takes a value away',
  }),
)
const MEMBERS = {
  active: Type.Optional(Type.Boolean()),
  singleThreaded: Type.Optional(
    Type.Union([Type.Boolean(), Type.Null()], { description: 'null: as the formula says' }),
  ),
  configuration: Values,
  settings: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: 'null takes a setting away' })),
}
const Creation = openBody(Type.Object({ name: Type.String(), ...MEMBERS }, { title: 'FormulaInstanceRequest' }))
const Change = openBody(
  Type.Object(
    {
      name: Type.Optional(Type.String()),
      ...MEMBERS,
      numberConsecutiveErrors: Type.Optional(Type.Integer({ minimum: 0 })),
      firstConsecutiveErrorDate: Type.Optional(Type.String({ format: 'date-time' })),
    },
    { title: 'FormulaInstanceChange' },
  ),
)

/** Formulas with their variables bound to element instances and values (spec 30 §3). */
export function formulaInstanceRoutes(
  app: App,
  { formulas: context, signer }: { formulas: FormulaContext; signer: TokenSigner },
): void {
  const listing = { operation: 'formulaInstances.list' as const }
  const reading = { operation: 'formulaInstances.read' as const }
  const switching = { operation: 'formulaInstances.switch' as const }
  const deleting = { operation: 'formulaInstances.delete' as const }

  app.get(
    '/formulas/instances',
    {
      config: listing,
      schema: {
        summary: 'List instances of all formulas',
        querystring: query({
          ...PAGING,
          elementInstanceId: Type.Integer({ description: 'Instances that are bound to this element instance' }),
          searchText: Type.String({
            description:
              'Part of the name, of the name of an element instance that it is bound to, or of the key of its element',
          }),
          includeInactive: INCLUDE_INACTIVE,
        }),
        response: { 200: arrayOf(FormulaInstanceBody) },
      },
    },
    async (request, reply) => {
      const asked = request.query as Query
      const filter = {
        elementInstanceId: single(asked['elementInstanceId']) ?? '',
        searchText: single(asked['searchText']) ?? '',
        includeInactive: isTrue(asked['includeInactive']) ? 'true' : '',
      }
      return answerPage(request, reply, 'formula instances', signer, filter, (page) => {
        const kept = page.filter as Query
        const id = single(kept['elementInstanceId'])
        const wanted = {
          elementInstanceId: id === undefined ? undefined : queryId('elementInstanceId', id),
          searchText: single(kept['searchText']),
          includeInactive: kept['includeInactive'] !== undefined,
        }
        return listFormulaInstances(context, callerOf(request), wanted, page)
      })
    },
  )
  app.get(
    '/formulas/instances/:instanceId',
    {
      config: reading,
      schema: { summary: 'Read a formula instance', params: short, response: { 200: FormulaInstanceBody } },
    },
    async (request) => readFormulaInstance(context, callerOf(request), { id: idOf(request.params.instanceId) }),
  )
  app.delete(
    '/formulas/instances/:instanceId',
    {
      config: deleting,
      schema: { summary: 'Delete a formula instance', params: short, response: { 200: NOTHING } },
    },
    async (request, reply) => {
      const name = { id: idOf(request.params.instanceId) }
      return empty(reply, removeFormulaInstance(context, callerOf(request), name, executionOf(request)))
    },
  )
  app.get(
    '/formulas/:id/instances',
    {
      config: listing,
      schema: {
        summary: 'List instances of a formula, inactive ones too',
        params: ofFormula,
        querystring: query(PAGING),
        response: { 200: arrayOf(FormulaInstanceBody) },
      },
    },
    async (request, reply) => {
      const id = idOf(request.params.id)
      return answerPage(request, reply, `instances of formula ${id}`, signer, {}, (page) =>
        listInstancesOfFormula(context, callerOf(request), id, page),
      )
    },
  )
  app.post(
    '/formulas/:id/instances',
    {
      config: { operation: 'formulaInstances.create' },
      schema: {
        summary: 'Make an instance of a formula',
        params: ofFormula,
        body: Creation,
        response: { 200: FormulaInstanceBody },
      },
    },
    async (request) => createFormulaInstance(context, callerOf(request), idOf(request.params.id), request.body),
  )
  app.get(
    '/formulas/:id/instances/:instanceId',
    {
      config: reading,
      schema: { summary: 'Read an instance of a formula', params: long, response: { 200: FormulaInstanceBody } },
    },
    async (request) => readFormulaInstance(context, callerOf(request), nameOf(request.params)),
  )
  app.put(
    '/formulas/:id/instances/:instanceId',
    {
      config: { operation: 'formulaInstances.update' },
      schema: {
        summary: 'Change an instance of a formula',
        description: 'What is left out stays, each value and setting as well.',
        params: long,
        body: Change,
        response: { 200: FormulaInstanceBody },
      },
    },
    async (request) =>
      updateFormulaInstance(context, callerOf(request), nameOf(request.params), request.body, executionOf(request)),
  )
  app.delete(
    '/formulas/:id/instances/:instanceId',
    {
      config: deleting,
      schema: { summary: 'Delete an instance of a formula', params: long, response: { 200: NOTHING } },
    },
    async (request, reply) =>
      empty(reply, removeFormulaInstance(context, callerOf(request), nameOf(request.params), executionOf(request))),
  )
  for (const method of ['put', 'delete'] as const) {
    const isOn = method === 'put'
    app[method](
      '/formulas/:id/instances/:instanceId/active',
      {
        config: switching,
        schema: {
          summary: isOn ? 'Let an instance of a formula run' : 'Stop an instance of a formula, with what it runs',
          params: long,
          response: { 200: NOTHING },
        },
      },
      async (request, reply) => {
        const name = nameOf(request.params)
        return empty(reply, switchFormulaInstance(context, callerOf(request), name, isOn, executionOf(request)))
      },
    )
  }
  app.get(
    '/accounts/:accountId/formulas/:formulaId/instances',
    {
      config: reading,
      schema: {
        summary: 'List instances of a formula in an account',
        params: ofAccount,
        querystring: query(PAGING),
        response: { 200: arrayOf(FormulaInstanceBody) },
      },
    },
    async (request, reply) => {
      const { params } = request
      const ids = { accountId: idOf(params.accountId), formulaId: idOf(params.formulaId) }
      const list = `instances of formula ${ids.formulaId} in account ${ids.accountId}`
      return answerPage(request, reply, list, signer, {}, (page) =>
        listInstancesOfAccount(context, callerOf(request), ids, page),
      )
    },
  )
}

function nameOf({ id, instanceId }: { id: string; instanceId: string }) {
  return { id: idOf(instanceId), formulaId: idOf(id) }
}
