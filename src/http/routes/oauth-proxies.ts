import Type from 'typebox'
import type { InstanceContext } from '../../instances/context.ts'
import { createProxy, deleteProxy, listProxies, ProxyBody, ProxyRequest } from '../../instances/oauth-proxies.ts'
import { endProxyFlow } from '../../instances/oauth-proxy-flow.ts'
import { addApplicationUrl, removeApplicationUrl } from '../../instances/proxy-application-urls.ts'
import type { App } from '../app.ts'
import { empty } from '../empty-reply.ts'
import { arrayOf, NOTHING, nothing, openBody, query } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import { idOf, single } from '../query.ts'

const ProxyParams = Type.Object({ id: Type.String({ description: 'Id of the OAuth proxy' }) })
const ApplicationUrl = query(
  { applicationUrl: Type.String({ description: 'An address, or a pattern of addresses' }) },
  ['applicationUrl'],
)

/** One redirect URI at the vendor for many applications (spec 10 §5.8). */
export function oauthProxyRoutes(app: App, { context }: { context: InstanceContext }): void {
  app.get(
    '/elements/oauthProxies',
    {
      config: { operation: 'oauthProxies.manage' },
      schema: { summary: 'List OAuth proxies', response: { 200: arrayOf(ProxyBody) } },
    },
    async (request) => listProxies(context, callerOf(request)),
  )
  app.post(
    '/elements/oauthProxies',
    {
      config: { operation: 'oauthProxies.manage' },
      schema: {
        summary: 'Make an OAuth proxy',
        description: 'One redirect URI at the vendor for many applications.',
        body: openBody(ProxyRequest),
        response: { 200: ProxyBody },
      },
    },
    async (request) => createProxy(context, callerOf(request), request.body),
  )
  app.delete(
    '/elements/oauthProxies/:id',
    {
      config: { operation: 'oauthProxies.manage' },
      schema: {
        summary: 'Delete an OAuth proxy',
        description: '409 while instances use it.',
        params: ProxyParams,
        response: { 200: NOTHING },
      },
    },
    async (request, reply) => empty(reply, deleteProxy(context, callerOf(request), idOf(request.params.id))),
  )
  app.post(
    '/elements/oauthProxies/:id/applicationUrl',
    {
      config: { operation: 'oauthProxies.manage' },
      schema: {
        summary: 'Add an application to an OAuth proxy',
        params: ProxyParams,
        querystring: ApplicationUrl,
        response: { 200: ProxyBody },
      },
    },
    async (request) =>
      addApplicationUrl(context, callerOf(request), idOf(request.params.id), single(request.query['applicationUrl'])),
  )
  app.delete(
    '/elements/oauthProxies/:id/applicationUrl',
    {
      config: { operation: 'oauthProxies.manage' },
      schema: {
        summary: 'Remove an application from an OAuth proxy',
        params: ProxyParams,
        querystring: ApplicationUrl,
        response: { 200: NOTHING },
      },
    },
    async (request, reply) =>
      empty(
        reply,
        removeApplicationUrl(
          context,
          callerOf(request),
          idOf(request.params.id),
          single(request.query['applicationUrl']),
        ),
      ),
  )

  // the vendor sends the customer's browser here; the random state says which flow it is
  app.get(
    '/oauthproxy/:id',
    {
      config: { operation: 'oauthProxies.return' },
      schema: {
        summary: 'Come back from the vendor',
        description: 'The redirect URI that is registered at the vendor, for browsers; it goes on to the application.',
        params: ProxyParams,
        querystring: query({
          state: Type.String({ description: 'Of the flow' }),
          code: Type.String({ description: 'Or whatever else the vendor sends along' }),
        }),
        response: { 302: nothing('To the application') },
      },
    },
    async (request, reply) => {
      const address = await endProxyFlow(context, idOf(request.params.id), request.query)
      return reply.header('referrer-policy', 'no-referrer').redirect(address, 302)
    },
  )
}
