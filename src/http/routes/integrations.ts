import Type from 'typebox'
import type { FormulaContext } from '../../formulas/context.ts'
import { type Attachable, attach, detach } from '../../formulas/integrations/attach.ts'
import {
  createIntegration,
  removeIntegration,
  updateIntegration,
} from '../../formulas/integrations/change-integration.ts'
import { listIntegrations, readIntegration } from '../../formulas/integrations/find-integration.ts'
import { IntegrationBody } from '../../formulas/integrations/integration-body.ts'
import { answerPage } from '../answer-list.ts'
import type { App } from '../app.ts'
import { empty } from '../empty-reply.ts'
import { PAGING } from '../openapi/common-parameters.ts'
import { arrayOf, NOTHING, openBody, query } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import type { TokenSigner } from '../paging.ts'
import { idOf } from '../query.ts'

const ID = Type.String({ description: 'Id of the integration' })
const params = Type.Object({ id: ID })
const Body = openBody(
  Type.Object(
    { name: Type.String({ description: 'Unique in the account' }), stage: Type.Optional(Type.String()) },
    { title: 'IntegrationRequest' },
  ),
)

/** Formulas and their instances under one name (spec 33 §2). None is an empty list. */
export function integrationRoutes(
  app: App,
  { formulas: context, signer }: { formulas: FormulaContext; signer: TokenSigner },
): void {
  const reading = { operation: 'integrations.read' as const }
  const changing = { operation: 'integrations.update' as const }

  app.get(
    '/integrations',
    {
      config: reading,
      schema: { summary: 'List integrations', querystring: query(PAGING), response: { 200: arrayOf(IntegrationBody) } },
    },
    async (request, reply) =>
      answerPage(request, reply, 'integrations', signer, {}, (page) =>
        listIntegrations(context, callerOf(request), page),
      ),
  )
  app.post(
    '/integrations',
    {
      config: { operation: 'integrations.create' },
      schema: { summary: 'Make an integration', body: Body, response: { 200: IntegrationBody } },
    },
    async (request) => createIntegration(context, callerOf(request), request.body),
  )
  app.get(
    '/integrations/:id',
    { config: reading, schema: { summary: 'Read an integration', params, response: { 200: IntegrationBody } } },
    async (request) => readIntegration(context, callerOf(request), idOf(request.params.id)),
  )
  app.put(
    '/integrations/:id',
    {
      config: changing,
      schema: {
        summary: 'Change name and stage of an integration',
        params,
        body: Body,
        response: { 200: IntegrationBody },
      },
    },
    async (request) => updateIntegration(context, callerOf(request), idOf(request.params.id), request.body),
  )
  app.delete(
    '/integrations/:id',
    {
      config: { operation: 'integrations.delete' },
      schema: {
        summary: 'Delete an integration',
        description: 'What is attached to it stays.',
        params,
        response: { 200: NOTHING },
      },
    },
    async (request, reply) => empty(reply, removeIntegration(context, callerOf(request), idOf(request.params.id))),
  )

  const ATTACHABLE: readonly { path: string; noun: string; description: string; of(id: number): Attachable }[] = [
    {
      path: 'formulas',
      noun: 'a formula',
      description: 'Id of the formula',
      of: (formulaId) => ({ formulaId }),
    },
    {
      path: 'formulas/instances',
      noun: 'a formula instance',
      description: 'Id of the formula instance',
      of: (formulaInstanceId) => ({ formulaInstanceId }),
    },
  ]
  for (const { path, noun, description, of } of ATTACHABLE) {
    const both = Type.Object({ id: ID, attachedId: Type.String({ description }) })
    app.post(
      `/integrations/:id/${path}/:attachedId`,
      {
        config: changing,
        schema: { summary: `Attach ${noun} to an integration`, params: both, response: { 200: IntegrationBody } },
      },
      async (request) => {
        const { id, attachedId } = request.params
        return attach(context, callerOf(request), idOf(id), of(idOf(attachedId)))
      },
    )
    app.delete(
      `/integrations/:id/${path}/:attachedId`,
      {
        config: changing,
        schema: { summary: `Detach ${noun} from an integration`, params: both, response: { 200: NOTHING } },
      },
      async (request, reply) => {
        const { id, attachedId } = request.params
        return empty(reply, detach(context, callerOf(request), idOf(id), of(idOf(attachedId))))
      },
    )
  }
}
