import Type from 'typebox'
import type { Authorize } from '../../accounts/authorize.ts'
import type { Catalog } from '../../elements/catalog.ts'
import { getHub, listHubElements, listHubKeys, listHubs } from '../../elements/hubs.ts'
import { hasElementToken, type Identify } from '../identify.ts'
import { isTrue, type Query } from '../query.ts'
import type { App, Request } from '../server.ts'
import type { CallResource } from './resources.ts'

const HubParams = Type.Object({ key: Type.String() })

/** Hubs of the catalog (spec 10 §3); calls below `/hubs/{hub}/` are in `resources.ts`. */
export function hubRoutes(
  app: App,
  deps: { catalog: Catalog; identify: Identify; authorize: Authorize; callResource: CallResource },
): void {
  const { catalog, identify, authorize, callResource } = deps
  const mayRead = async (request: Request) => authorize(await identify.optionalCaller(request), 'hubs.read')

  app.get('/hubs', async (request) => {
    await mayRead(request)
    return listHubs(catalog, { hydrate: isTrue((request.query as Query)['hydrate']) })
  })
  app.get('/hubs/keys', async (request) => {
    await mayRead(request)
    return listHubKeys(catalog)
  })
  app.get('/hubs/:key', { schema: { params: HubParams } }, async (request) => {
    await mayRead(request)
    return getHub(catalog, request.params.key)
  })
  app.get('/hubs/:key/elements', { schema: { params: HubParams } }, async (request, reply) => {
    // with an Element token it is that instance's resource `elements` (spec 10 §3)
    if (hasElementToken(request)) return callResource(request, reply)
    await mayRead(request)
    return listHubElements(catalog, request.params.key)
  })
}
