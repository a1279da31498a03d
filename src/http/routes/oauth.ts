import Type from 'typebox'
import {
  ApplicationBody,
  ApplicationRequest,
  deleteApplication,
  getApplication,
  putApplication,
} from '../../instances/applications.ts'
import type { InstanceContext } from '../../instances/context.ts'
import { createProxy, deleteProxy, listProxies, ProxyBody, ProxyRequest } from '../../instances/oauth-proxies.ts'
import { endProxyFlow } from '../../instances/oauth-proxy-flow.ts'
import {
  DefaultOAuthUrl,
  defaultOAuthUrl,
  OAUTH_URL_PARAMETERS,
  OAuthUrl,
  type OAuthUrlQuery,
  oauthUrl,
} from '../../instances/oauth-url.ts'
import { oauth1Token, RequestToken } from '../../instances/oauth1-token.ts'
import { addApplicationUrl, removeApplicationUrl } from '../../instances/proxy-application-urls.ts'
import { type ConsentStep, consentTraced } from '../../instances/trace-consent.ts'
import type { App, Reply, Request } from '../app.ts'
import { empty } from '../empty-reply.ts'
import { STRANGERS_BODY_BYTES } from '../known-senders.ts'
import { ElementParams } from '../openapi/common-parameters.ts'
import { arrayOf, NOTHING, nothing, openBody, query } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import { idOf, single, singles } from '../query.ts'

const ProxyParams = Type.Object({ id: Type.String({ description: 'Id of the OAuth proxy' }) })
const Parameters = query(OAUTH_URL_PARAMETERS)
const { state, scope, siteAddress, apiKey, apiSecret, callbackUrl } = OAUTH_URL_PARAMETERS
const ANY_KEY = 'Any configuration key of the element may come along, where the vendor’s address has a place for it.'
const ApplicationUrl = query(
  { applicationUrl: Type.String({ description: 'An address, or a pattern of addresses' }) },
  ['applicationUrl'],
)

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
    {
      config: { operation: 'oauth.url' },
      schema: {
        summary: 'Read where to send the customer',
        description: ANY_KEY,
        params: ElementParams,
        querystring: Parameters,
        response: { 200: OAuthUrl },
      },
    },
    async (request, reply) => consent(request, reply, oauthUrl, singles(request.query)),
  )
  const openTo = {
    config: { operation: 'oauth.url' as const },
    schema: {
      summary: 'Read where to send the customer, with parameters in the body',
      description: ANY_KEY,
      params: ElementParams,
      querystring: Parameters,
      body: openBody(Type.Partial(Type.Object(OAUTH_URL_PARAMETERS))),
      response: { 200: OAuthUrl },
    },
    bodyLimit: STRANGERS_BODY_BYTES,
  }
  app.post('/elements/:keyOrId/oauth/url', openTo, async (request, reply) =>
    consent(request, reply, oauthUrl, { ...singles(request.query), ...texts(request.body) }),
  )
  app.get(
    '/elements/:keyOrId/oauth/url/default',
    {
      config: { operation: 'oauth.url' },
      schema: {
        summary: 'Read where to send the customer, by the application of the organization',
        params: ElementParams,
        querystring: query({ state, scope, siteAddress }),
        response: { 200: DefaultOAuthUrl },
      },
    },
    async (request) => defaultOAuthUrl(context, request.caller, request.params.keyOrId, singles(request.query)),
  )
  app.get(
    '/elements/:keyOrId/oauth/token',
    {
      config: { operation: 'oauth.url' },
      schema: {
        summary: 'Obtain a request token (OAuth 1)',
        params: ElementParams,
        querystring: query({ apiKey, apiSecret, callbackUrl, scope, siteAddress }),
        response: { 200: RequestToken },
      },
    },
    async (request, reply) => consent(request, reply, oauth1Token, singles(request.query)),
  )

  app.put(
    '/elements/:keyOrId/oauth/application',
    {
      config: { operation: 'applications.manage' },
      schema: {
        summary: 'Register the application of the organization',
        description: 'Its users connect accounts without seeing key and secret. What is left out stays.',
        params: ElementParams,
        body: openBody(ApplicationRequest),
        response: { 200: ApplicationBody },
      },
    },
    async (request) => putApplication(context, callerOf(request), request.params.keyOrId, request.body),
  )
  app.get(
    '/elements/:keyOrId/oauth/application',
    {
      config: { operation: 'applications.manage' },
      schema: {
        summary: 'Read the application of the organization',
        params: ElementParams,
        response: { 200: ApplicationBody },
      },
    },
    async (request) => getApplication(context, callerOf(request), request.params.keyOrId),
  )
  app.delete(
    '/elements/:keyOrId/oauth/application',
    {
      config: { operation: 'applications.manage' },
      schema: {
        summary: 'Delete the application of the organization',
        description: '409 while instances use it.',
        params: ElementParams,
        response: { 200: NOTHING },
      },
    },
    async (request, reply) => empty(reply, deleteApplication(context, callerOf(request), request.params.keyOrId)),
  )

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

function texts(body: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(body)
      .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
      .map(([name, value]) => [name, String(value)]),
  )
}
