import Type from 'typebox'
import {
  ApplicationBody,
  ApplicationRequest,
  deleteApplication,
  getApplication,
  putApplication,
} from '../../instances/applications.ts'
import type { InstanceContext } from '../../instances/context.ts'
import {
  DefaultOAuthUrl,
  defaultOAuthUrl,
  OAUTH_URL_PARAMETERS,
  OAuthUrl,
  type OAuthUrlQuery,
  oauthUrl,
} from '../../instances/oauth-url.ts'
import { oauth1Token, RequestToken } from '../../instances/oauth1-token.ts'
import { type ConsentStep, consentTraced } from '../../instances/trace-consent.ts'
import type { App, Reply, Request } from '../app.ts'
import { empty } from '../empty-reply.ts'
import { STRANGERS_BODY_BYTES } from '../known-senders.ts'
import { ElementParams } from '../openapi/common-parameters.ts'
import { NOTHING, openBody, query } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import { singles } from '../query.ts'

const Parameters = query(OAUTH_URL_PARAMETERS)
const { state, scope, siteAddress, apiKey, apiSecret, callbackUrl } = OAUTH_URL_PARAMETERS
const ANY_KEY = 'Any configuration key of the element may come along, where the vendor’s address has a place for it.'

/** Step 1 of provisioning, and applications of the organization (spec 10 §5). */
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
}

function texts(body: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(body)
      .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
      .map(([name, value]) => [name, String(value)]),
  )
}
