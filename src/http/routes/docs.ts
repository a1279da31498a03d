import Type from 'typebox'
import type { Kept } from '../../elements/documents/documents.ts'
import {
  allHubsDocument,
  assertVersion,
  documentOf,
  documentVersions,
  elementDocument,
  hubDocument,
} from '../../elements/documents/element-documents.ts'
import { mergeApis } from '../../elements/documents/merge-apis.ts'
import { onlyOperations } from '../../elements/documents/pick-operation.ts'
import { tagOf } from '../../elements/documents/standard-content.ts'
import { operationsOf } from '../../elements/documents/swagger.ts'
import type { ElementContext } from '../../elements/element-context.ts'
import { listHubKeys } from '../../elements/hubs.ts'
import { ValenceError } from '../../errors.ts'
import { answerDocument, DOCUMENT, type DocumentDeps, DocumentQuery } from '../answer-document.ts'
import type { App, Request } from '../app.ts'
import type { DeclaredRoute } from '../collect-routes.ts'
import { ElementParams } from '../openapi/common-parameters.ts'
import { arrayOf, query } from '../openapi/describe-route.ts'
import { toPlatformDocument } from '../openapi/document-text.ts'
import { platformApi } from '../openapi/platform-api.ts'
import { singles } from '../query.ts'

const Version = Type.Object(
  { version: Type.String(), newest: Type.Boolean({ description: 'What `version=-1` answers' }) },
  { title: 'DocumentVersion' },
)

/** Documents of elements, hubs and the platform (spec 23 §A1). Those of instances are in `instance-docs.ts`. */
export function docsRoutes(
  app: App,
  deps: DocumentDeps & { elementContext: ElementContext; routes: readonly DeclaredRoute[] },
): void {
  const { documents: context, elementContext } = deps

  app.get(
    '/docs/:name',
    {
      config: { operation: 'documents.read' },
      schema: {
        summary: 'Read the document of a hub, of a part of the platform, or of all',
        description:
          'Swagger of a hub (`crm`), of a part of the platform (`instances`), of `all_platform`, `all_hubs` or `all`; of an element by its key.',
        params: Type.Object({
          name: Type.String({ description: 'Key of a hub or an element, or a part of the platform' }),
        }),
        querystring: query({
          ...DocumentQuery,
          elementKey: Type.String({ description: 'Key of an element, whatever the path says' }),
        }),
        response: { 200: DOCUMENT },
      },
    },
    async (request, reply) => answerDocument(deps, request, reply, await documentNamed(request, request.params.name)),
  )

  for (const [path, summary] of [
    ['docs', 'Read the document of an element'],
    ['lbdocs', 'Read the document of an element by its older name'],
  ] as const)
    app.get(
      `/elements/:keyOrId/${path}`,
      {
        config: { operation: path === 'docs' ? 'elements.read' : 'documents.list' },
        schema: {
          summary,
          params: ElementParams,
          querystring: query(DocumentQuery),
          response: { 200: DOCUMENT },
        },
      },
      async (request, reply) => {
        const entry = await context.elements.require(request.caller, request.params.keyOrId)
        assertVersion(singles(request.query)['version'], entry)
        return answerDocument(deps, request, reply, await documentOf(context, entry))
      },
    )
  app.get(
    '/elements/:keyOrId/versions',
    {
      config: { operation: 'documents.list' },
      schema: {
        summary: 'List versions of the document of an element',
        description: 'The newest one; older ones are not kept.',
        params: ElementParams,
        response: { 200: arrayOf(Version) },
      },
    },
    async (request) => documentVersions(context, request.caller, request.params.keyOrId),
  )

  async function documentNamed(request: Request, name: string): Promise<Kept> {
    const { elementKey } = singles(request.query as Record<string, string>)
    if (elementKey) return elementNamed(request, elementKey)
    if (name === 'all_platform') return platform()
    if (name === 'all_hubs') return allHubsDocument(context)
    if (name === 'all') return everything()
    const part = await platformPart(name)
    if (part) return part
    const hub = await hubDocument(context, request.caller, name, async () => {
      mayReadElements(request)
      return listHubKeys(elementContext, request.caller)
    })
    if (hub) return hub
    if (await context.elements.find(request.caller, name)) return elementNamed(request, name)
    throw new ValenceError(
      'NOT_FOUND',
      `There is no document "${name}": no part of the platform, no hub and no element is called so`,
    )
  }

  function elementNamed(request: Request, key: string): Promise<Kept> {
    mayReadElements(request)
    return elementDocument(context, request.caller, key)
  }

  /** What the platform and shipped hubs are is no secret; elements need the privilege here as everywhere. */
  function mayReadElements({ caller }: Request): void {
    elementContext.authorize(caller, 'elements.read')
  }

  function platform(): Promise<Kept> {
    return context.documents.of('platform', () => platformApi(toPlatformDocument(deps.routes)))
  }

  async function platformPart(name: string): Promise<Kept | undefined> {
    const whole = await platform()
    const operations = [...operationsOf(whole.api)].filter(({ path }) => tagOf(path) === name)
    if (operations.length === 0) return undefined
    return context.documents.of(`platform ${name}`, () =>
      mergeApis([{ key: name, api: onlyOperations(whole.api, operations) }], whole.api.info),
    )
  }

  async function everything(): Promise<Kept> {
    const [ours, hubs] = [await platform(), await allHubsDocument(context)]
    const parts = [
      { key: 'platform', api: ours.api },
      { key: 'hubs', api: hubs.api },
    ]
    return context.documents.of(`all ${hubs.key}`, () => mergeApis(parts, { ...ours.api.info, title: 'all' }))
  }
}
