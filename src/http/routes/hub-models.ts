import Type from 'typebox'
import type { ElementContext } from '../../elements/element-context.ts'
import { Coverage } from '../../elements/hub-models/coverage.ts'
import {
  CanonicalObjectView,
  showCanonicalObject,
  showCoverage,
  showHubModel,
} from '../../elements/hub-models/show-hub-model.ts'
import type { App } from '../app.ts'
import { arrayOf } from '../openapi/describe-route.ts'

const key = Type.String({ description: 'Key of the hub' })
const HubParams = Type.Object({ key })
const ObjectParams = Type.Object({ key, object: Type.String({ description: 'Name of an object of the model' }) })

/** The model that the elements of a hub have in common, and how far each of them goes (docs/hub-models.md). */
export function hubModelRoutes(app: App, { elementContext }: { elementContext: ElementContext }): void {
  const catalog = elementContext.elements.shipped
  const config = { operation: 'hubs.read' } as const

  app.get(
    '/hubs/:key/models',
    {
      config,
      schema: {
        summary: 'List objects of the model of a hub',
        params: HubParams,
        response: { 200: arrayOf(CanonicalObjectView) },
      },
    },
    async (request) => showHubModel(catalog, request.params.key),
  )
  app.get(
    '/hubs/:key/models/:object',
    {
      config,
      schema: {
        summary: 'Read an object of the model of a hub',
        params: ObjectParams,
        response: { 200: CanonicalObjectView },
      },
    },
    async (request) => showCanonicalObject(catalog, request.params.key, request.params.object),
  )
  app.get(
    '/hubs/:key/coverage',
    {
      config,
      schema: {
        summary: 'Read how far the elements of a hub cover its model',
        description: 'Element × object × operation × field.',
        params: HubParams,
        response: { 200: Coverage },
      },
    },
    async (request) => showCoverage(catalog, request.params.key),
  )
}
