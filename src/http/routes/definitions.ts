import Type from 'typebox'
import { DefinitionBody, DefinitionLibrary } from '../../resources/definition-body.ts'
import {
  createDefinition,
  createDefinitions,
  listDefinitions,
  readDefinitionOf,
  removeAllDefinitions,
  removeDefinition,
  replaceDefinition,
} from '../../resources/definitions.ts'
import type { Place } from '../../resources/level-at.ts'
import { mappedElements, TransformationMetadata } from '../../resources/mapped-elements.ts'
import { renameObject } from '../../resources/rename-object.ts'
import type { ResourceContext } from '../../resources/resource-context.ts'
import { answerItems } from '../answer-list.ts'
import type { App, Request } from '../app.ts'
import { empty } from '../empty-reply.ts'
import type { Identify } from '../identify.ts'
import { type LevelForm, levelForms, OBJECT_NAME, param, paramsOf } from '../level-forms.ts'
import { PAGING } from '../openapi/common-parameters.ts'
import { arrayOf, flag, NOTHING, openBody, query } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import type { TokenSigner } from '../paging.ts'
import { isTrue } from '../query.ts'
import { MAX_RESOURCE_BODY } from '../resource-bodies.ts'

const Fields = Type.Object({
  fields: Type.Array(
    Type.Object(
      {
        path: Type.String({ description: 'As in `code`, `terms.days`, `sites[*].city`' }),
        type: Type.Optional(Type.String({ description: '`string` unless given' })),
        displayName: Type.Optional(Type.String()),
      },
      { additionalProperties: true },
    ),
  ),
  description: Type.Optional(Type.String()),
})
const Definition = openBody(Fields)
const Library = openBody(Type.Record(Type.String(), Fields))
const NewName = openBody(Type.Object({ objectName: Type.String({ description: 'The new name' }) }))
const Renamed = Type.Object(
  { ...Type.Partial(DefinitionBody).properties, objectName: Type.String() },
  { title: 'RenamedObject' },
)
const SystemOnly = query({ systemOnly: flag('`true`: the templates of the platform') })

/** Object definitions of one level, by five forms of path (spec 20 §3). */
export function definitionRoutes(
  app: App,
  {
    resourceContext: context,
    identify,
    signer,
  }: { resourceContext: ResourceContext; identify: Identify; signer: TokenSigner },
): void {
  const read = { operation: 'commonResources.read' as const }
  const create = { operation: 'commonResources.create' as const }
  const update = { operation: 'commonResources.update' as const }
  const remove = { operation: 'commonResources.delete' as const }
  const bodyLimit = MAX_RESOURCE_BODY

  for (const form of levelForms(identify)) {
    libraryRoutes(form)
    definitionOf(form)
    if (form.prefix === '/organizations' || form.prefix === '/accounts/:id') metadataRoute(form)
  }

  function libraryRoutes(form: LevelForm): void {
    const { prefix, whose, placeOf, ofInstance = false } = form
    const url = `${prefix}/objects/definitions`
    const said = { params: paramsOf(form), ofInstance }
    const isOfOrganization = prefix === '/organizations'
    /** With `systemOnly` the templates are meant, to read and to delete: never the organization's own instead. */
    const meantBy = async (request: Request): Promise<Place> =>
      isOfOrganization && isTrue((request.query as Record<string, string>)['systemOnly'])
        ? { level: 'system' }
        : placeOf(request)
    app.get(
      url,
      {
        config: read,
        schema: {
          ...said,
          summary: `List object definitions of ${whose}`,
          description: 'None is 404.',
          ...(isOfOrganization ? { querystring: SystemOnly } : {}),
          response: { 200: DefinitionLibrary },
        },
      },
      async (request) => listDefinitions(context, callerOf(request), await meantBy(request)),
    )
    if (!form.takesDictionaries) return
    // clients took the singular from a document that has it by mistake (spec 20 §3)
    for (const spelling of isOfOrganization ? [url, `${prefix}/objects/definition`] : [url]) {
      app.post(
        spelling,
        {
          config: create,
          bodyLimit,
          schema: {
            ...said,
            summary: `Define objects of ${whose}`,
            description: spelling === url ? 'By name, all or none.' : 'The same under a name that old clients know.',
            body: Library,
            response: { 200: DefinitionLibrary },
          },
        },
        async (request) => createDefinitions(context, callerOf(request), await placeOf(request), request.body),
      )
    }
    app.delete(
      url,
      {
        config: remove,
        schema: {
          ...said,
          summary: `Delete all object definitions of ${whose}`,
          description: '409 while one of them is mapped at that level.',
          ...(isOfOrganization ? { querystring: SystemOnly } : {}),
          response: { 200: NOTHING },
        },
      },
      async (request, reply) => empty(reply, removeAllDefinitions(context, callerOf(request), await meantBy(request))),
    )
  }

  function definitionOf(form: LevelForm): void {
    const { prefix, whose, placeOf, ofInstance = false } = form
    const url = `${prefix}/objects/:objectName/definitions`
    const said = { params: paramsOf(form, { objectName: OBJECT_NAME }), ofInstance }
    app.get(
      url,
      {
        config: read,
        schema: { ...said, summary: `Read an object definition of ${whose}`, response: { 200: DefinitionBody } },
      },
      async (request) =>
        readDefinitionOf(context, callerOf(request), await placeOf(request), param(request, 'objectName')),
    )
    app.post(
      url,
      {
        config: create,
        bodyLimit,
        schema: {
          ...said,
          summary: `Define an object of ${whose}`,
          body: Definition,
          response: { 200: DefinitionBody },
        },
      },
      async (request) =>
        createDefinition(
          context,
          callerOf(request),
          await placeOf(request),
          param(request, 'objectName'),
          request.body,
        ),
    )
    app.put(
      url,
      {
        config: update,
        bodyLimit,
        schema: {
          ...said,
          summary: `Replace an object definition of ${whose}`,
          body: Definition,
          response: { 200: DefinitionBody },
        },
      },
      async (request) =>
        replaceDefinition(
          context,
          callerOf(request),
          await placeOf(request),
          param(request, 'objectName'),
          request.body,
        ),
    )
    app.delete(
      url,
      {
        config: remove,
        schema: {
          ...said,
          summary: `Delete an object definition of ${whose}`,
          description: '409 while it is mapped at that level.',
          response: { 200: NOTHING },
        },
      },
      async (request, reply) => {
        const place = await placeOf(request)
        return empty(reply, removeDefinition(context, callerOf(request), place, param(request, 'objectName')))
      },
    )
    app.patch(
      `${prefix}/objects/:objectName`,
      {
        config: update,
        schema: {
          ...said,
          summary: `Rename an object of ${whose}`,
          description: 'Its definition and transformations at that level; other levels keep the old name.',
          body: NewName,
          response: { 200: Renamed },
        },
      },
      async (request) =>
        renameObject(context, callerOf(request), await placeOf(request), param(request, 'objectName'), request.body),
    )
  }

  function metadataRoute(form: LevelForm): void {
    const { prefix, whose, placeOf } = form
    app.get(
      `${prefix}/objects/:objectName/transformations`,
      {
        config: { operation: 'transformations.read' },
        schema: {
          summary: `List where an object of ${whose} is mapped`,
          params: paramsOf(form, { objectName: OBJECT_NAME }),
          querystring: query({ ...PAGING }),
          response: { 200: arrayOf(TransformationMetadata) },
        },
      },
      async (request, reply) => {
        const name = param(request, 'objectName')
        const found = await mappedElements(context, callerOf(request), await placeOf(request), name)
        return answerItems(
          request,
          reply,
          `transformations of ${name} in ${request.url.split('?', 1)[0]}`,
          signer,
          found,
        )
      },
    )
  }
}
