import Type from 'typebox'
import type { Kept } from '../../elements/documents/documents.ts'
import { assertVersion } from '../../elements/documents/element-documents.ts'
import { renderDefinitions } from '../../elements/documents/render-document.ts'
import type { Api } from '../../elements/documents/swagger.ts'
import { assertEnabled } from '../../instances/assert-enabled.ts'
import { noteInstance } from '../../instances/call.ts'
import type { InstanceContext } from '../../instances/context.ts'
import { findInstance } from '../../instances/find.ts'
import type { Instance } from '../../instances/instance.ts'
import { discoveredDocument, entryOf, instanceDocument, objectDocument } from '../../instances/instance-documents.ts'
import type { Caller } from '../../model/account.ts'
import { answerDocument, DOCUMENT, type DocumentDeps, DocumentQuery, wishOf } from '../answer-document.ts'
import type { App, Reply, Request } from '../app.ts'
import { resourcePath } from '../dispatch.ts'
import type { Identify } from '../identify.ts'
import { noteCaller } from '../note-usage.ts'
import { INSTANCE_ID } from '../openapi/common-parameters.ts'
import { flag, query } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import { idOf, isTrue, type Query, singles } from '../query.ts'
import type { CallResource } from './resources.ts'

type Deps = DocumentDeps & { context: InstanceContext; identify: Identify; callResource: CallResource }
type Whose = (request: Request) => Promise<{ caller: Caller; instance: Instance }>

const OPERATION = Type.String({ description: 'Its `operationId`, or the older `GET-contacts`' })
const InstanceDocumentQuery = query({
  ...DocumentQuery,
  discovery: flag('With fields that the vendor has for this customer; asks the vendor'),
})
const Definitions = Type.Unsafe<Readonly<Record<string, Readonly<Record<string, unknown>>>>>(
  Type.Record(Type.String(), Type.Unknown(), { description: 'Definitions by name' }),
)

/** Documents of instances, by id and by token, and of their objects (spec 23 §A1, §A6, §A7). */
export function instanceDocsRoutes(app: App, deps: Deps): void {
  const byId: Whose = async (request) => {
    const caller = callerOf(request)
    const { id } = request.params as { id: string }
    return { caller, instance: await findInstance(deps.context, caller, 'instances.read', idOf(id)) }
  }
  const byToken: Whose = (request) => deps.identify.callerWithInstance(request)

  for (const { url, whose, params, ofInstance, which } of [
    { url: '/instances/:id/docs', whose: byId, params: { id: INSTANCE_ID }, ofInstance: false, which: 'an instance' },
    { url: '/instances/docs', whose: byToken, params: {}, ofInstance: true, which: 'this instance' },
  ]) {
    const config = { operation: 'instances.read' as const }
    const described = { querystring: InstanceDocumentQuery, ...(ofInstance ? { ofInstance } : {}) }
    const ofOperation = Type.Object({ ...params, operationId: OPERATION })
    app.get(
      url,
      {
        config,
        schema: {
          ...described,
          summary: `Read the document of ${which}`,
          description: 'That of its element, and the common resources that are to be in it.',
          ...(ofInstance ? {} : { params: Type.Object(params) }),
          response: { 200: DOCUMENT },
        },
      },
      async (request, reply) => {
        const { operationId } = singles(request.query as Query)
        return answerDocument(deps, request, reply, await documentFor(whose, request, operationId))
      },
    )
    app.get(
      `${url}/:operationId`,
      {
        config,
        schema: {
          ...described,
          summary: `Read the document of one operation of ${which}`,
          params: ofOperation,
          response: { 200: DOCUMENT },
        },
      },
      async (request, reply) => {
        const { operationId } = request.params as { operationId: string }
        return answerDocument(deps, request, reply, await documentFor(whose, request, operationId), { operationId })
      },
    )
    app.get(
      `${url}/:operationId/definitions`,
      {
        config,
        schema: {
          ...described,
          summary: `Read the definitions that one operation of ${which} needs`,
          params: ofOperation,
          response: { 200: Definitions },
        },
      },
      async (request) => {
        const { operationId } = request.params as { operationId: string }
        const document = await documentFor(whose, request, operationId)
        return renderDefinitions(deps.documents.documents, document, { ...wishOf(request.query as Query), operationId })
      },
    )
  }

  for (const url of ['/objects/:objectName/docs', '/hubs/:hub/objects/:objectName/docs'])
    app.get(
      url,
      {
        config: { operation: 'resources.call' },
        schema: {
          summary: 'Read the document of an object',
          description:
            'Of the instance of the Element token: its own paths and definitions. A resource of the element goes first.',
          ofInstance: true,
          params: Type.Object({
            ...(url.startsWith('/hubs') ? { hub: Type.String({ description: 'Key of the hub' }) } : {}),
            objectName: Type.String({ description: 'Name of the object, or of a common resource' }),
          }),
          querystring: InstanceDocumentQuery,
          response: { 200: DOCUMENT },
        },
      },
      async (request, reply) => answerObject(request, reply),
    )

  async function documentFor(whose: Whose, request: Request, operationId: string | undefined): Promise<Kept | Api> {
    const asked = request.query as Query
    const { caller, instance } = await whose(request)
    assertVersion(singles(asked)['version'], await entryOf(deps.documents, instance))
    return isTrue(asked['discovery'])
      ? discoveredDocument(deps.documents, caller, instance, operationId)
      : instanceDocument(deps.documents, instance)
  }

  async function answerObject(request: Request, reply: Reply): Promise<Reply> {
    const { caller, instance } = await deps.identify.instanceCaller(request)
    if (hasOwnDocs(instance, resourcePath(request.url))) return deps.callResource(request, reply)
    deps.context.authorize(caller, 'resources.call', instance)
    noteInstance(noteCaller(request, caller), instance)
    assertEnabled(instance)
    reply.header('elements-element-instance-id', String(instance.id))
    const asked = request.query as Query
    assertVersion(singles(asked)['version'], await entryOf(deps.documents, instance))
    const { objectName } = request.params as { objectName: string }
    const discovery = isTrue(asked['discovery'])
    const api = await objectDocument(deps.documents, caller, instance, objectName, { discovery })
    return answerDocument(deps, request, reply, api)
  }
}

/** Not one that is for any path of its shape, as `/{objectName}/{objectId}/{childObjectName}` is. */
function hasOwnDocs({ plan }: Instance, path: string): boolean {
  const own = plan.resources.find('GET', path)?.value.resource.path
  return own !== undefined && /^(?:\/hubs\/[^/]+)?\/objects\/[^/]+\/docs\/?$/.test(own)
}
