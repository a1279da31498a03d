import Type from 'typebox'
import { putCatalogProperties, readCatalogProperties } from '../../elements/catalog-properties.ts'
import type { ElementContext } from '../../elements/element-context.ts'
import type { App } from '../app.ts'
import { callerOf } from '../operations.ts'
import { type Query, single } from '../query.ts'

/** Order and visibility of elements in the catalog (spec 50 §11). */
export function catalogPropertiesRoutes(
  app: App,
  { elementContext: context }: { elementContext: ElementContext },
): void {
  const typeOf = (query: unknown) => single((query as Query)['entityType'])

  app.get('/catalog-properties', { config: { operation: 'catalogProperties.read' } }, async (request) =>
    readCatalogProperties(context, callerOf(request), typeOf(request.query)),
  )
  app.put(
    '/catalog-properties',
    { config: { operation: 'catalogProperties.own' }, schema: { body: Type.Unknown() } },
    async (request) => putCatalogProperties(context, callerOf(request), typeOf(request.query) ?? 'user', request.body),
  )
}
