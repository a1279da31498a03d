import Type, { type TProperties } from 'typebox'
import type { InstanceContext } from '../../instances/context.ts'
import { executeTransformation } from '../../instances/execute-transformation.ts'
import { putTransformation } from '../../resources/put-transformation.ts'
import type { ResourceContext } from '../../resources/resource-context.ts'
import { TransformationBody, TransformationLibrary } from '../../resources/transformation-body.ts'
import {
  createTransformation,
  listTransformations,
  readTransformation,
  removeAllTransformations,
  removeTransformation,
  replaceTransformation,
  type TransformationPlace,
} from '../../resources/transformations.ts'
import type { App, Request } from '../app.ts'
import { empty } from '../empty-reply.ts'
import type { Identify } from '../identify.ts'
import { KEY_OR_ID, type LevelForm, levelForms, OBJECT_NAME, param, paramsOf } from '../level-forms.ts'
import { flag, NOTHING, openBody, query } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import { isTrue } from '../query.ts'
import { MAX_RESOURCE_BODY } from '../resource-bodies.ts'

const open = { additionalProperties: true } as const
const MEMBERS = {
  vendorName: Type.String({ description: 'Resource of the element, or native object of the vendor' }),
  fields: Type.Array(
    Type.Object(
      {
        path: Type.String({ description: 'On the common side' }),
        vendorPath: Type.String({ description: 'On the side of the vendor' }),
        vendorType: Type.String({ description: 'Type there, for values on their way to the vendor' }),
        type: Type.String(),
        configuration: Type.Array(Type.Object({ type: Type.String() }, open)),
      },
      open,
    ),
  ),
  configuration: Type.Array(Type.Object({ type: Type.String() }, open)),
  script: Type.Object({ body: Type.String() }, open),
  isLegacy: Type.Boolean({ description: 'The script is of the first engine; there is no way back to it' }),
}
const Transformation = openBody(Type.Partial(Type.Object(MEMBERS, open)))
const AnyLevel = openBody(
  Type.Object(
    {
      objectName: Type.String(),
      level: Type.Optional(Type.String({ description: '`organization`, `account` or `instance`' })),
      elementInstanceId: Type.Optional(Type.Integer({ description: 'The instance; for other levels its element' })),
      ...Type.Partial(Type.Object(MEMBERS)).properties,
    },
    open,
  ),
)
const Execute = openBody(
  Type.Object({
    payload: Type.Unknown({ description: 'An object, or a list of them' }),
    instanceId: Type.Optional(Type.Integer({ description: 'The instance; all levels count' })),
    elementId: Type.Optional(
      Type.Union([Type.Integer(), Type.String()], { description: 'Or an element: what applies to all its instances' }),
    ),
    method: Type.Optional(
      Type.String({ description: '`GET`, or absent: from the vendor; `POST`, `PUT`, `PATCH`: to the vendor' }),
    ),
  }),
)
const Propagate = query({ propagate: flag('`true`: at every level that the caller may write') })

/** Transformations of one level (spec 20 §4). */
export function transformationRoutes(
  app: App,
  {
    resourceContext: context,
    context: instances,
    identify,
  }: { resourceContext: ResourceContext; context: InstanceContext; identify: Identify },
): void {
  const read = { operation: 'transformations.read' as const }
  const remove = { operation: 'transformations.delete' as const }
  const bodyLimit = MAX_RESOURCE_BODY

  app.put(
    '/transformations',
    {
      config: { operation: 'transformations.save' },
      bodyLimit,
      schema: {
        summary: 'Make or replace a transformation',
        description: 'Fields of several levels at once: each goes to its `associatedLevel`.',
        body: AnyLevel,
        response: { 200: TransformationBody },
      },
    },
    async (request) => putTransformation(context, callerOf(request), request.body),
  )
  app.post(
    '/transformations/:objectName/execute',
    {
      config: { operation: 'transformations.execute' },
      bodyLimit,
      schema: {
        summary: 'Try out a transformation',
        description:
          'Takes an object through it, script and all; no vendor is called. Why a script changed nothing is in `Elements-Error`.',
        params: Type.Object({ objectName: OBJECT_NAME }),
        body: Execute,
        response: { 200: Type.Unknown({ description: 'The object on the other side' }) },
      },
    },
    async (request, reply) => {
      const { objectName } = request.params
      const { body, warning } = await executeTransformation(instances, callerOf(request), objectName, request.body)
      if (warning !== undefined) reply.header('elements-error', headerText(warning))
      return body
    },
  )
  for (const form of levelForms(identify)) {
    const isOfInstance = form.prefix.startsWith('/instances')
    const url = `${form.prefix}${isOfInstance ? '' : '/elements/:keyOrId'}/transformations`
    const below: TProperties = isOfInstance ? {} : { keyOrId: KEY_OR_ID }
    const placeOf = async (request: Request): Promise<TransformationPlace> => ({
      place: await form.placeOf(request),
      elementKeyOrId: param(request, 'keyOrId'),
    })
    libraryRoutes(form, url, below, placeOf)
    transformationOf(form, `${url}/:objectName`, { ...below, objectName: OBJECT_NAME }, placeOf)
  }

  type PlaceOf = (request: Request) => Promise<TransformationPlace>
  type Below = Parameters<typeof paramsOf>[1]

  function libraryRoutes(form: LevelForm, url: string, below: Below, placeOf: PlaceOf): void {
    const { whose, ofInstance = false } = form
    const said = { params: paramsOf(form, below), ofInstance }
    app.get(
      url,
      {
        config: read,
        schema: {
          ...said,
          summary: `List transformations of ${whose}`,
          description: 'None is 404.',
          response: { 200: TransformationLibrary },
        },
      },
      async (request) => listTransformations(context, callerOf(request), await placeOf(request)),
    )
    app.delete(
      url,
      {
        config: remove,
        schema: { ...said, summary: `Delete all transformations of ${whose}`, response: { 200: NOTHING } },
      },
      async (request, reply) =>
        empty(reply, removeAllTransformations(context, callerOf(request), await placeOf(request))),
    )
  }

  function transformationOf(form: LevelForm, url: string, below: Below, placeOf: PlaceOf): void {
    const { whose, ofInstance = false } = form
    const said = { params: paramsOf(form, below), ofInstance }
    app.get(
      url,
      {
        config: read,
        schema: { ...said, summary: `Read a transformation of ${whose}`, response: { 200: TransformationBody } },
      },
      async (request) =>
        readTransformation(context, callerOf(request), await placeOf(request), param(request, 'objectName')),
    )
    app.post(
      url,
      {
        config: { operation: 'transformations.create' },
        bodyLimit,
        schema: {
          ...said,
          summary: `Map an object of ${whose}`,
          body: Transformation,
          response: { 200: TransformationBody },
        },
      },
      async (request) => {
        const place = await placeOf(request)
        return createTransformation(context, callerOf(request), place, param(request, 'objectName'), request.body)
      },
    )
    app.put(
      url,
      {
        config: { operation: 'transformations.update' },
        bodyLimit,
        schema: {
          ...said,
          summary: `Replace a transformation of ${whose}`,
          description: 'Members that the body lacks stay.',
          body: Transformation,
          response: { 200: TransformationBody },
        },
      },
      async (request) => {
        const place = await placeOf(request)
        return replaceTransformation(context, callerOf(request), place, param(request, 'objectName'), request.body)
      },
    )
    app.delete(
      url,
      {
        config: remove,
        schema: {
          ...said,
          summary: `Delete a transformation of ${whose}`,
          querystring: Propagate,
          response: { 200: NOTHING },
        },
      },
      async (request, reply) => {
        const place = await placeOf(request)
        const isPropagated = isTrue(request.query['propagate'])
        const name = param(request, 'objectName')
        return empty(reply, removeTransformation(context, callerOf(request), place, name, isPropagated))
      },
    )
  }
}

/** What an exception says may have any character in it. */
function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 500)
}
