import Type from 'typebox'
import {
  AuthenticationTypes,
  authenticationConfigurations,
  authenticationTypes,
} from '../../elements/authentication-types.ts'
import { ElementMetadata, ExpandedMetadata, toExpandedMetadata, toMetadata } from '../../elements/describe-element.ts'
import type { Documents } from '../../elements/documents/documents.ts'
import { documentOf } from '../../elements/documents/element-documents.ts'
import type { ElementContext } from '../../elements/element-context.ts'
import { elementDb } from '../../elements/element-table.ts'
import { fitting, showElements } from '../../elements/list-elements.ts'
import type { Part } from '../../elements/part-kinds.ts'
import { ValenceError } from '../../errors.ts'
import { ConfigurationRow, type Element } from '../../model/element.ts'
import { defaultTransformations } from '../../resources/element-defaults.ts'
import { ElementDefault, showElementDefault } from '../../resources/show-element-default.ts'
import type { App } from '../app.ts'
import { ELEMENT, ElementParams, PAGING } from '../openapi/common-parameters.ts'
import { arrayOf, flag, query } from '../openapi/describe-route.ts'
import { pageInMemory, readListPage, type TokenSigner } from '../paging.ts'
import { isTrue } from '../query.ts'

const TypeParams = Type.Object({
  keyOrId: ELEMENT,
  type: Type.String({ description: 'One of the authentication types of the element' }),
})
const TransformationParams = Type.Object({
  keyOrId: ELEMENT,
  objectName: Type.String({ description: 'Common name' }),
})
const NO_PACKAGES = 'Always 400: Valence does not build SDK packages.'

/** What an element says about itself (spec 10 §2.8) and how one signs in to it (§2.2). */
export function elementMetadataRoutes(
  app: App,
  deps: { elementContext: ElementContext; signer: TokenSigner; documents: { documents: Documents } },
): void {
  const { elementContext: context, signer } = deps
  const { elements } = context

  app.get(
    '/elements/metadata',
    {
      config: { operation: 'elements.read' },
      schema: {
        summary: 'List metadata of elements',
        querystring: query(PAGING),
        response: { 200: arrayOf(ElementMetadata) },
      },
    },
    async (request, reply) => {
      const found = { lines: await elements.list(request.caller), abridged: false }
      const page = readListPage(request.query, 'elements/metadata', {}, signer, reply)
      const lines = pageInMemory(found.lines, page, 'elements/metadata', signer, reply, fitting(found))
      return (await showElements({ ...found, lines })).map((element) => toMetadata(element as Element))
    },
  )
  app.get(
    '/elements/:keyOrId/metadata',
    {
      config: { operation: 'elements.read' },
      schema: {
        summary: 'Read metadata of an element',
        params: ElementParams,
        querystring: query({ expand: flag('`true` adds what it can do, resource by resource') }),
        response: { 200: Type.Unsafe<Part>(Type.Union([ExpandedMetadata, ElementMetadata])) },
      },
    },
    async (request) => {
      const caller = request.caller
      const entry = await elements.require(caller, request.params.keyOrId)
      const { element } = entry
      if (!isTrue(request.query['expand'])) return toMetadata(element)
      const instanceCount = caller
        ? await context.countInstances(elementDb(context.store), element.id, caller.accountId)
        : 0
      const { api } = await documentOf(deps.documents, entry)
      return toExpandedMetadata(element, { instanceCount, repairs: api.repairs.length })
    },
  )

  app.get(
    '/elements/:keyOrId/authentication-types',
    {
      config: { operation: 'elements.read' },
      schema: {
        summary: 'List authentication types of an element',
        params: ElementParams,
        response: { 200: AuthenticationTypes },
      },
    },
    async (request) => authenticationTypes((await elements.require(request.caller, request.params.keyOrId)).element),
  )
  app.get(
    '/elements/:keyOrId/authentication-types/:type/configurations',
    {
      config: { operation: 'elements.read' },
      schema: {
        summary: 'List what has to be given to provision with an authentication type',
        params: TypeParams,
        response: { 200: arrayOf(ConfigurationRow) },
      },
    },
    async (request) => {
      const { element } = await elements.require(request.caller, request.params.keyOrId)
      return authenticationConfigurations(element, request.params.type)
    },
  )

  app.get(
    '/elements/:keyOrId/transformations',
    {
      config: { operation: 'elements.read' },
      schema: {
        summary: 'List default transformations of an element',
        description: 'What came with the element, by common name; levels of customers are not in it.',
        params: ElementParams,
        response: { 200: Type.Record(Type.String(), ElementDefault) },
      },
    },
    async (request) => {
      const { element } = await elements.require(request.caller, request.params.keyOrId)
      const found = [...defaultTransformations(element)]
      return Object.fromEntries(found.map(([name, level]) => [name, showElementDefault(element, name, level)]))
    },
  )
  app.get(
    '/elements/:keyOrId/transformations/:objectName',
    {
      config: { operation: 'elements.read' },
      schema: {
        summary: 'Read a default transformation of an element',
        params: TransformationParams,
        response: { 200: ElementDefault },
      },
    },
    async (request) => {
      const { keyOrId, objectName } = request.params
      const { element } = await elements.require(request.caller, keyOrId)
      const found = defaultTransformations(element).get(objectName)
      if (found) return showElementDefault(element, objectName, found)
      throw new ValenceError(
        'TRANSFORMATION_NOT_FOUND',
        `The element ${element.key} has no default transformation "${objectName}"; GET /elements/${element.key}/transformations lists them`,
      )
    },
  )

  // SDK packages were built by a service of the original's that is not part of the API (spec 10 §2.2)
  const noPackages = async (): Promise<never> => {
    throw new ValenceError('PARAMETER_INVALID', 'client-sdks: Valence does not build SDK packages')
  }
  app.post(
    '/elements/:keyOrId/client-sdks',
    {
      config: { operation: 'elements.packages' },
      schema: { summary: 'Build an SDK package', description: NO_PACKAGES, params: ElementParams, response: {} },
    },
    noPackages,
  )
  app.get(
    '/elements/client-sdks/:packageId',
    {
      config: { operation: 'elements.packages' },
      schema: {
        summary: 'Read an SDK package',
        description: NO_PACKAGES,
        params: Type.Object({ packageId: Type.String({ description: 'Id of the package' }) }),
        response: {},
      },
    },
    noPackages,
  )
  app.post(
    '/elements/client-sdks/publish',
    {
      config: { operation: 'elements.packages' },
      schema: { summary: 'Publish an SDK package', description: NO_PACKAGES, response: {} },
    },
    noPackages,
  )
}
