import Type from 'typebox'
import { CatalogProperty, putCatalogProperties, readCatalogProperties } from '../../elements/catalog-properties.ts'
import type { ElementContext } from '../../elements/element-context.ts'
import type { App } from '../app.ts'
import { arrayOf, query, uncheckedBody } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import { single } from '../query.ts'

const ENTITY_TYPE = 'Whose: `user`, `account` or `organization`'
const ofEntity = (otherwise: string) =>
  query({ entityType: Type.String({ description: `${ENTITY_TYPE}; ${otherwise}` }) })
const Properties = arrayOf(CatalogProperty)

/** Order and visibility of elements in the catalog (spec 50 §11). */
export function catalogPropertiesRoutes(
  app: App,
  { elementContext: context }: { elementContext: ElementContext },
): void {
  app.get(
    '/catalog-properties',
    {
      config: { operation: 'catalogProperties.read' },
      schema: {
        summary: 'List catalog properties',
        description: 'Order and visibility of elements in a catalog.',
        querystring: ofEntity('when absent, the first of them that has any'),
        response: { 200: Properties },
      },
    },
    async (request) => readCatalogProperties(context, callerOf(request), single(request.query['entityType'])),
  )
  app.put(
    '/catalog-properties',
    {
      config: { operation: 'catalogProperties.own' },
      schema: {
        summary: 'Replace catalog properties',
        description: 'The whole list; those of the account and of the organization are for administrators.',
        querystring: ofEntity('`user` when absent'),
        body: uncheckedBody({ 'application/json': Properties }),
        response: { 200: Properties },
      },
    },
    async (request) =>
      putCatalogProperties(context, callerOf(request), single(request.query['entityType']) ?? 'user', request.body),
  )
}
