import Type, { type Static } from 'typebox'
import { authorizeUrl, authorizeUrl1 } from '../engine/oauth/authorize-url.ts'
import { codeChallenge } from '../engine/oauth/pkce.ts'
import type { Plan } from '../engine/plan.ts'
import { credentialsInvalid, ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import type { Element } from '../model/element.ts'
import { runBeforeConsent } from './before-consent.ts'
import { maskedByName } from './configuration.ts'
import type { InstanceContext } from './context.ts'
import { fillAddress } from './fill-address.ts'
import { platformClient } from './oauth-client.ts'
import { findProxyByName, proxyUrl } from './oauth-proxies.ts'
import { beginProxyFlow } from './oauth-proxy-flow.ts'
import { proofKey } from './proof-key.ts'

/** Names of `GET /elements/{k}/oauth/url`, the same in the body of its POST form (spec 10 §5.2). */
export type OAuthUrlQuery = Readonly<Record<string, string | undefined>>

export const OAuthUrl = Type.Object(
  {
    oauthUrl: Type.String({ description: 'Where to send the customer’s browser' }),
    element: Type.String({ description: 'Key of the element' }),
  },
  { title: 'OAuthUrl' },
)
export type OAuthUrl = Static<typeof OAuthUrl>

export const DefaultOAuthUrl = Type.Object(
  {
    ...OAuthUrl.properties,
    configuration: Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()]), {
      description: 'For the body of `POST /instances`, where a mask means what is stored',
    }),
  },
  { title: 'DefaultOAuthUrl' },
)

/** What a reader of the API has to know of `OAuthUrlQuery`; any configuration key may come along. */
export const OAUTH_URL_PARAMETERS = {
  apiKey: Type.String({ description: 'Client id of the application' }),
  apiSecret: Type.String({ description: 'Client secret of the application' }),
  callbackUrl: Type.String({ description: 'Where the vendor sends the customer back to, with a code' }),
  scope: Type.String({ description: 'The element’s, when absent' }),
  state: Type.String({ description: 'Comes back with the code; the key of the element, when absent' }),
  siteAddress: Type.String({ description: 'Host or subdomain of the customer, where the address has a place for it' }),
  requestToken: Type.String({ description: 'OAuth 1: what `GET …/oauth/token` answered' }),
  isOauthProxy: Type.Boolean({ description: '`true`: through an OAuth proxy of the organization' }),
  oauthProxyName: Type.String({ description: 'Its name' }),
  debug: Type.Boolean({ description: 'Write the vendor calls down; `Elements-Trace-Id` names the trace' }),
}

/**
 * Step 1 of provisioning: where to send the customer's browser.
 * @throws ValenceError ELEMENT_NOT_FOUND, OAUTH_UNSUPPORTED, PARAMETER_MISSING
 */
export async function oauthUrl(
  context: InstanceContext,
  caller: Caller | undefined,
  keyOrId: string,
  query: OAuthUrlQuery,
): Promise<OAuthUrl> {
  context.authorize(caller, 'oauth.url')
  const plan = await planOf(context, caller, keyOrId)
  const { element } = plan
  if (isTrue(query['isOauthProxy'] ?? query['isOAuthProxy'])) return proxyOAuthUrl(context, caller, plan, query)
  return answer(context, caller, plan, query, {
    clientId: query['apiKey'] ?? query['oauth.api.key'],
    lacksSecret: !(query['apiSecret'] ?? query['oauth.api.secret']),
    redirectUri: query['callbackUrl'] ?? query['oauth.callback.url'],
    state: query['state'] || element.key,
    scope: query['scope'],
  })
}

/**
 * The same with the organization's own registered application; `POST /instances` then omits key and secret.
 * @throws ValenceError OAUTH_UNSUPPORTED (400) when the organization registered none (spec 10 §5.2)
 */
export async function defaultOAuthUrl(
  context: InstanceContext,
  caller: Caller | undefined,
  keyOrId: string,
  query: OAuthUrlQuery,
): Promise<Static<typeof DefaultOAuthUrl>> {
  context.authorize(caller, 'oauth.url')
  const plan = await planOf(context, caller, keyOrId)
  const { element } = plan
  if (!caller) throw credentialsInvalid()
  const client = await platformClient(context, caller.organizationId, element, {
    oauthProxy: null,
    application: 'default',
  })
  if (!client) {
    throw new ValenceError(
      'OAUTH_UNSUPPORTED',
      `No default OAuth application is registered for ${element.name}; an administrator registers one by PUT /elements/${element.key}/oauth/application`,
    )
  }
  const url = await answer(
    context,
    caller,
    plan,
    { ...definedValues(client.configuration), ...query },
    {
      clientId: client.id,
      redirectUri: client.redirectUri,
      state: query['state'] || element.key,
      scope: query['scope'] ?? client.configuration['oauth.scope'] ?? undefined,
    },
  )
  // a client sends it back with POST /instances, where a mask means what is stored
  return { ...url, configuration: { ...maskedByName(client.configuration), 'oauth.callback.url': client.redirectUri } }
}

async function planOf(context: InstanceContext, caller: Caller | undefined, keyOrId: string): Promise<Plan> {
  return context.plans.of(await context.elements.require(caller, keyOrId))
}

async function proxyOAuthUrl(
  context: InstanceContext,
  caller: Caller | undefined,
  plan: Plan,
  query: OAuthUrlQuery,
): Promise<OAuthUrl> {
  if (!caller) throw credentialsInvalid()
  const proxy = await findProxyByName(context, caller.organizationId, query['oauthProxyName'] ?? '')
  return answer(
    context,
    caller,
    plan,
    { ...definedValues(proxy.configuration), ...query },
    {
      clientId: proxy.apiKey ?? query['apiKey'],
      redirectUri: proxyUrl(context, proxy.id),
      state: await beginProxyFlow(context, proxy, query['state'] ?? ''),
      scope: query['scope'] ?? proxy.configuration['oauth.scope'] ?? undefined,
    },
  )
}

interface Flow {
  clientId: string | undefined
  /** not part of the address, but required of whoever brings an own client (spec 10 §5.2) */
  lacksSecret?: boolean
  redirectUri: string | undefined
  state: string
  scope: string | undefined
}

async function answer(
  context: InstanceContext,
  caller: Caller | undefined,
  plan: Plan,
  query: OAuthUrlQuery,
  flow: Flow,
): Promise<OAuthUrl> {
  const { element } = plan
  if (plan.lifecycle.has('oauthOnAuthorizeUrl')) return urlByResource(context, caller, plan, query, flow)
  const type = (query['authentication.type'] ?? element.authentication.type).toLowerCase()
  const authorization = defaultOf(element, 'oauth.authorization.url')
  if (!['oauth1', 'oauth2'].includes(type) || !authorization) {
    throw new ValenceError(
      'OAUTH_UNSUPPORTED',
      `${element.name} does not use OAuth (its authentication is "${element.authentication.type}")`,
    )
  }
  const address = fillAddress(authorization, query)
  if (type === 'oauth1') {
    const requestToken = query['requestToken']
    if (!requestToken) throw missing(element, ['requestToken'])
    return { oauthUrl: context.browserUrl(authorizeUrl1(address, requestToken)), element: element.key }
  }
  const { clientId, redirectUri, lacksSecret = false } = flow
  if (!clientId || !redirectUri || lacksSecret) {
    const absent = { apiKey: !clientId, apiSecret: lacksSecret, callbackUrl: !redirectUri }
    throw missing(
      element,
      Object.entries(absent).flatMap(([name, isAbsent]) => (isAbsent ? [name] : [])),
    )
  }
  const scope = flow.scope ?? defaultOf(element, 'oauth.scope')
  const challenge = challengeOf(context, caller, plan, { id: clientId, redirectUri })
  const request = { clientId, redirectUri, state: flow.state, scope, codeChallenge: challenge }
  return {
    oauthUrl: context.browserUrl(authorizeUrl(address, request)),
    element: element.key,
  }
}

/** For elements that ask for PKCE; the verifier belongs to whoever will provision, so it must be known who asks. */
function challengeOf(
  context: InstanceContext,
  caller: Caller | undefined,
  plan: Plan,
  client: { id: string; redirectUri: string },
): string | undefined {
  if (plan.defaults['oauth.pkce'] !== 'true') return undefined
  if (!caller) throw credentialsInvalid()
  const state = { accountId: caller.accountId, configuration: plan.defaults }
  return codeChallenge(proofKey(context, { plan, state }, client) ?? '')
}

/** The element's own resource makes the address (spec 11 §4.3): its answer is the text, or has it as a member. */
async function urlByResource(
  context: InstanceContext,
  caller: Caller | undefined,
  plan: Plan,
  query: OAuthUrlQuery,
  { clientId, redirectUri, state, scope }: Flow,
): Promise<OAuthUrl> {
  const asked = { ...query, apiKey: clientId, callbackUrl: redirectUri, state, scope }
  const { body } = await runBeforeConsent(context, caller, plan, 'oauthOnAuthorizeUrl', asked)
  const url = addressIn(body)
  if (url !== undefined) return { oauthUrl: context.browserUrl(url), element: plan.element.key }
  throw new ValenceError('OAUTH_UNSUPPORTED', `${plan.element.name}: its oauthOnAuthorizeUrl resource gave no address`)
}

function addressIn(body: unknown): string | undefined {
  const members = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  const found = [body, members['oauthUrl'], members['url'], members['authorizeUrl'], members['authorizationUrl']]
  return found.find((value) => typeof value === 'string' && /^https?:\/\//i.test(value)) as string | undefined
}

function defaultOf(element: Element, key: string): string | undefined {
  return element.configuration.find((row) => row.key === key)?.defaultValue ?? undefined
}

function missing(element: Element, names: readonly string[]): ValenceError {
  return new ValenceError(
    'PARAMETER_MISSING',
    `oauth/url of ${element.name}: the query parameter ${names.join(' and ')} is required`,
  )
}

function definedValues(values: Readonly<Record<string, string | null>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

/** A switch of the query. */
export function isTrue(text: string | undefined): boolean {
  return text?.toLowerCase() === 'true'
}
