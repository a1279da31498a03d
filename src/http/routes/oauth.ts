import Type from 'typebox'
import { deleteApplication, getApplication, putApplication } from '../../instances/applications.ts'
import type { InstanceContext } from '../../instances/context.ts'
import {
  addApplicationUrl,
  createProxy,
  deleteProxy,
  listProxies,
  removeApplicationUrl,
} from '../../instances/oauth-proxies.ts'
import { endProxyFlow } from '../../instances/oauth-proxy-flow.ts'
import { defaultOAuthUrl, oauthUrl } from '../../instances/oauth-url.ts'
import { oauth1Token } from '../../instances/oauth1-token.ts'
import type { App } from '../app.ts'
import { empty } from '../empty-reply.ts'
import type { Identify } from '../identify.ts'
import { STRANGERS_BODY_BYTES } from '../known-senders.ts'
import { idOf, type Query, single, singles } from '../query.ts'

const ElementParams = Type.Object({ keyOrId: Type.String() })
const ProxyParams = Type.Object({ id: Type.String() })
const OpenBody = Type.Record(Type.String(), Type.Unknown())

/** Step 1 of provisioning, OAuth proxies and default applications (spec 10 §5). */
export function oauthRoutes(app: App, { context, identify }: { context: InstanceContext; identify: Identify }): void {
  app.get('/elements/:keyOrId/oauth/url', { schema: { params: ElementParams } }, async (request) =>
    oauthUrl(context, await identify.optionalCaller(request), request.params.keyOrId, singles(request.query as Query)),
  )
  const openTo = { schema: { params: ElementParams, body: OpenBody }, bodyLimit: STRANGERS_BODY_BYTES }
  app.post('/elements/:keyOrId/oauth/url', openTo, async (request) =>
    oauthUrl(context, await identify.optionalCaller(request), request.params.keyOrId, {
      ...singles(request.query as Query),
      ...texts(request.body),
    }),
  )
  app.get('/elements/:keyOrId/oauth/url/default', { schema: { params: ElementParams } }, async (request) =>
    defaultOAuthUrl(
      context,
      await identify.optionalCaller(request),
      request.params.keyOrId,
      singles(request.query as Query),
    ),
  )
  app.get('/elements/:keyOrId/oauth/token', { schema: { params: ElementParams } }, async (request) =>
    oauth1Token(
      context,
      await identify.optionalCaller(request),
      request.params.keyOrId,
      singles(request.query as Query),
    ),
  )

  app.put(
    '/elements/:keyOrId/oauth/application',
    { schema: { params: ElementParams, body: OpenBody } },
    async (request) => putApplication(context, await identify.caller(request), request.params.keyOrId, request.body),
  )
  app.get('/elements/:keyOrId/oauth/application', { schema: { params: ElementParams } }, async (request) =>
    getApplication(context, await identify.caller(request), request.params.keyOrId),
  )
  app.delete('/elements/:keyOrId/oauth/application', { schema: { params: ElementParams } }, async (request, reply) =>
    empty(reply, deleteApplication(context, await identify.caller(request), request.params.keyOrId)),
  )

  app.get('/elements/oauthProxies', async (request) => listProxies(context, await identify.caller(request)))
  app.post('/elements/oauthProxies', { schema: { body: OpenBody } }, async (request) =>
    createProxy(context, await identify.caller(request), request.body),
  )
  app.delete('/elements/oauthProxies/:id', { schema: { params: ProxyParams } }, async (request, reply) =>
    empty(reply, deleteProxy(context, await identify.caller(request), idOf(request.params.id))),
  )
  app.post('/elements/oauthProxies/:id/applicationUrl', { schema: { params: ProxyParams } }, async (request) =>
    addApplicationUrl(
      context,
      await identify.caller(request),
      idOf(request.params.id),
      single((request.query as Query)['applicationUrl']),
    ),
  )
  app.delete('/elements/oauthProxies/:id/applicationUrl', { schema: { params: ProxyParams } }, async (request, reply) =>
    empty(
      reply,
      removeApplicationUrl(
        context,
        await identify.caller(request),
        idOf(request.params.id),
        single((request.query as Query)['applicationUrl']),
      ),
    ),
  )

  // the vendor sends the customer's browser here; the random state says which flow it is
  app.get('/oauthproxy/:id', { schema: { params: ProxyParams } }, async (request, reply) => {
    const address = await endProxyFlow(context, idOf(request.params.id), request.query as Query)
    return reply.header('referrer-policy', 'no-referrer').redirect(address, 302)
  })
}

function texts(body: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(body)
      .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
      .map(([name, value]) => [name, String(value)]),
  )
}
