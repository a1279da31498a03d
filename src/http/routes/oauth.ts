import Type from 'typebox'
import { deleteApplication, getApplication, putApplication } from '../../instances/applications.ts'
import type { InstanceContext } from '../../instances/context.ts'
import { createProxy, deleteProxy, listProxies } from '../../instances/oauth-proxies.ts'
import { endProxyFlow } from '../../instances/oauth-proxy-flow.ts'
import { defaultOAuthUrl, type OAuthUrlQuery, oauthUrl } from '../../instances/oauth-url.ts'
import { oauth1Token } from '../../instances/oauth1-token.ts'
import { addApplicationUrl, removeApplicationUrl } from '../../instances/proxy-application-urls.ts'
import { type ConsentStep, consentTraced } from '../../instances/trace-consent.ts'
import type { App, Reply, Request } from '../app.ts'
import { empty } from '../empty-reply.ts'
import { STRANGERS_BODY_BYTES } from '../known-senders.ts'
import { callerOf } from '../operations.ts'
import { idOf, type Query, single, singles } from '../query.ts'

const ElementParams = Type.Object({ keyOrId: Type.String() })
const ProxyParams = Type.Object({ id: Type.String() })
const OpenBody = Type.Record(Type.String(), Type.Unknown())

/** Step 1 of provisioning, OAuth proxies and default applications (spec 10 §5). */
export function oauthRoutes(app: App, { context }: { context: InstanceContext }): void {
  const consent = async <T extends object>(
    request: Request,
    reply: Reply,
    step: ConsentStep<T>,
    query: OAuthUrlQuery,
  ) => {
    const { keyOrId = '' } = request.params as { keyOrId?: string }
    const { answer, traceId } = await consentTraced(context, request.caller, keyOrId, query, step)
    if (traceId !== undefined) reply.header('elements-trace-id', traceId)
    return answer
  }

  app.get(
    '/elements/:keyOrId/oauth/url',
    { config: { operation: 'oauth.url' }, schema: { params: ElementParams } },
    async (request, reply) => consent(request, reply, oauthUrl, singles(request.query as Query)),
  )
  const openTo = {
    config: { operation: 'oauth.url' as const },
    schema: { params: ElementParams, body: OpenBody },
    bodyLimit: STRANGERS_BODY_BYTES,
  }
  app.post('/elements/:keyOrId/oauth/url', openTo, async (request, reply) =>
    consent(request, reply, oauthUrl, { ...singles(request.query as Query), ...texts(request.body) }),
  )
  app.get(
    '/elements/:keyOrId/oauth/url/default',
    { config: { operation: 'oauth.url' }, schema: { params: ElementParams } },
    async (request) =>
      defaultOAuthUrl(context, request.caller, request.params.keyOrId, singles(request.query as Query)),
  )
  app.get(
    '/elements/:keyOrId/oauth/token',
    { config: { operation: 'oauth.url' }, schema: { params: ElementParams } },
    async (request, reply) => consent(request, reply, oauth1Token, singles(request.query as Query)),
  )

  app.put(
    '/elements/:keyOrId/oauth/application',
    { config: { operation: 'applications.manage' }, schema: { params: ElementParams, body: OpenBody } },
    async (request) => putApplication(context, callerOf(request), request.params.keyOrId, request.body),
  )
  app.get(
    '/elements/:keyOrId/oauth/application',
    { config: { operation: 'applications.manage' }, schema: { params: ElementParams } },
    async (request) => getApplication(context, callerOf(request), request.params.keyOrId),
  )
  app.delete(
    '/elements/:keyOrId/oauth/application',
    { config: { operation: 'applications.manage' }, schema: { params: ElementParams } },
    async (request, reply) => empty(reply, deleteApplication(context, callerOf(request), request.params.keyOrId)),
  )

  app.get('/elements/oauthProxies', { config: { operation: 'oauthProxies.manage' } }, async (request) =>
    listProxies(context, callerOf(request)),
  )
  app.post(
    '/elements/oauthProxies',
    { config: { operation: 'oauthProxies.manage' }, schema: { body: OpenBody } },
    async (request) => createProxy(context, callerOf(request), request.body),
  )
  app.delete(
    '/elements/oauthProxies/:id',
    { config: { operation: 'oauthProxies.manage' }, schema: { params: ProxyParams } },
    async (request, reply) => empty(reply, deleteProxy(context, callerOf(request), idOf(request.params.id))),
  )
  app.post(
    '/elements/oauthProxies/:id/applicationUrl',
    { config: { operation: 'oauthProxies.manage' }, schema: { params: ProxyParams } },
    async (request) =>
      addApplicationUrl(
        context,
        callerOf(request),
        idOf(request.params.id),
        single((request.query as Query)['applicationUrl']),
      ),
  )
  app.delete(
    '/elements/oauthProxies/:id/applicationUrl',
    { config: { operation: 'oauthProxies.manage' }, schema: { params: ProxyParams } },
    async (request, reply) =>
      empty(
        reply,
        removeApplicationUrl(
          context,
          callerOf(request),
          idOf(request.params.id),
          single((request.query as Query)['applicationUrl']),
        ),
      ),
  )

  // the vendor sends the customer's browser here; the random state says which flow it is
  app.get(
    '/oauthproxy/:id',
    { config: { operation: 'oauthProxies.return' }, schema: { params: ProxyParams } },
    async (request, reply) => {
      const address = await endProxyFlow(context, idOf(request.params.id), request.query as Query)
      return reply.header('referrer-policy', 'no-referrer').redirect(address, 302)
    },
  )
}

function texts(body: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(body)
      .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
      .map(([name, value]) => [name, String(value)]),
  )
}
