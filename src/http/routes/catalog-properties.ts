import Type from 'typebox'
import { putCatalogProperties, readCatalogProperties } from '../../elements/catalog-properties.ts'
import type { ElementContext } from '../../elements/element-context.ts'
import type { App } from '../app.ts'
import type { Identify } from '../identify.ts'
import { platformOrResource } from '../platform-or-resource.ts'
import { type Query, single } from '../query.ts'
import type { CallResource } from './resources.ts'

/** Order and visibility of elements in the catalog (spec 50 §11). */
export function catalogPropertiesRoutes(
  app: App,
  deps: { elementContext: ElementContext; identify: Identify; callResource: CallResource },
): void {
  const { elementContext: context, identify } = deps
  const typeOf = (query: unknown) => single((query as Query)['entityType'])

  app.get(
    '/catalog-properties',
    platformOrResource(deps, async (request) =>
      readCatalogProperties(context, await identify.caller(request), typeOf(request.query)),
    ),
  )
  app.put(
    '/catalog-properties',
    { schema: { body: Type.Unknown() } },
    platformOrResource(deps, async (request) =>
      putCatalogProperties(context, await identify.caller(request), typeOf(request.query) ?? 'user', request.body),
    ),
  )
}
