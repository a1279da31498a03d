import Type from 'typebox'
import type { ResourceContext } from '../../resources/resource-context.ts'
import {
  createSnippet,
  listSnippets,
  readSnippet,
  removeSnippet,
  SnippetBody,
  updateSnippet,
} from '../../resources/vdrs/snippets.ts'
import { answerItems } from '../answer-list.ts'
import type { App } from '../app.ts'
import { empty } from '../empty-reply.ts'
import { PAGING } from '../openapi/common-parameters.ts'
import { arrayOf, NOTHING, openBody, query } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import type { TokenSigner } from '../paging.ts'
import { idOf } from '../query.ts'
import { MAX_RESOURCE_BODY } from '../resource-bodies.ts'

const params = Type.Object({ snippetId: Type.String({ description: 'Id of the snippet' }) })
const Body = openBody(
  Type.Object(
    {
      name: Type.String(),
      body: Type.String({ description: 'The script' }),
      description: Type.Optional(Type.String()),
      snippetType: Type.Optional(Type.String({ default: 'transformation' })),
      level: Type.Optional(Type.Enum(['account', 'organization', 'system'], { default: 'account' })),
    },
    { title: 'SnippetRequest' },
  ),
)

/** Scripts that are kept to be used again (spec 20 §6). */
export function snippetRoutes(
  app: App,
  { resourceContext: context, signer }: { resourceContext: ResourceContext; signer: TokenSigner },
): void {
  app.get(
    '/vdrs/snippets',
    {
      config: { operation: 'snippets.read' },
      schema: { summary: 'List script snippets', querystring: query(PAGING), response: { 200: arrayOf(SnippetBody) } },
    },
    async (request, reply) =>
      answerItems(request, reply, 'snippets', signer, await listSnippets(context, callerOf(request))),
  )
  app.post(
    '/vdrs/snippets',
    {
      config: { operation: 'snippets.create' },
      bodyLimit: MAX_RESOURCE_BODY,
      schema: { summary: 'Keep a script snippet', body: Body, response: { 200: SnippetBody } },
    },
    async (request) => createSnippet(context, callerOf(request), request.body),
  )
  app.get(
    '/vdrs/snippets/:snippetId',
    {
      config: { operation: 'snippets.read' },
      schema: { summary: 'Read a script snippet', params, response: { 200: SnippetBody } },
    },
    async (request) => readSnippet(context, callerOf(request), idOf(request.params.snippetId)),
  )
  app.put(
    '/vdrs/snippets/:snippetId',
    {
      config: { operation: 'snippets.update' },
      bodyLimit: MAX_RESOURCE_BODY,
      schema: { summary: 'Change a script snippet', params, body: Body, response: { 200: SnippetBody } },
    },
    async (request) => updateSnippet(context, callerOf(request), idOf(request.params.snippetId), request.body),
  )
  app.delete(
    '/vdrs/snippets/:snippetId',
    {
      config: { operation: 'snippets.delete' },
      schema: { summary: 'Delete a script snippet', params, response: { 200: NOTHING } },
    },
    async (request, reply) => empty(reply, removeSnippet(context, callerOf(request), idOf(request.params.snippetId))),
  )
}
