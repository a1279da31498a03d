import type { Element } from '../model/element.ts'
import { answerResourceCall } from './answer-resource-call.ts'
import { type Call, jsonReply, type Reply } from './call.ts'
import { createCredentialCheck } from './check-credentials.ts'
import type { Fault } from './faults.ts'
import { createOAuthState, type OAuthState } from './oauth-state.ts'
import { createOAuth1 } from './oauth1-endpoints.ts'
import { type AuthorizationServer, authorize, revoke, token } from './oauth2-endpoints.ts'
import type { Row, Simulation } from './simulation.ts'
import { countRequest, newStats, type VendorStats } from './stats.ts'
import { vendorError } from './vendor-error.ts'
import { configurationDefault } from './vendor-paging.ts'
import { pathOf, type VendorRoute, vendorPlan } from './vendor-plan.ts'
import { createVendorState } from './vendor-state.ts'

/** One simulated vendor: its paths, its rows, its tokens. */
export interface Vendor {
  /** first segment of its paths */
  key: string
  name: string
  /** @param fault one that changes the answer; delays and broken connections are the listener's business */
  answer(call: Call, fault: Fault | undefined): Reply
  /** whether it has this path, and whether the credentials would do */
  judge(call: Call): { serves: boolean; admits: boolean }
  /** what it gave out; goes on in the vendor that replaces it */
  oauth: OAuthState
  /** full paths that are served, for the index page */
  paths(): string[]
  rows(resource: string): Row[]
  resources(): string[]
  stats: VendorStats
  expireTokens(): void
}

export interface VendorOptions {
  element: Element
  /** the element's key when absent */
  key?: string
  /** the vendor that this one replaces */
  before?: Vendor
  /** token memories of vendors on the same hosts: an authorization server may serve several elements */
  relatedTokens?: () => OAuthState[]
  simulation: Simulation
  seed: number
  now: () => Date
  consent: 'page' | 'auto'
  accessTokenSeconds: number | undefined
}

type Endpoint = (call: Call) => Reply

const OAUTH_TYPES = new Set(['oauth2', 'oauth2Password'])

export function createVendor(options: VendorOptions): Vendor {
  const { element, simulation, seed, now, consent, accessTokenSeconds, before } = options
  const key = options.key ?? element.key
  const plan = vendorPlan(element, simulation)
  const state = createVendorState(plan, String(seed), now)
  const stats = before?.stats ?? newStats()
  const oauth = before?.oauth ?? createOAuthState(now)
  const issuers = () => [oauth, ...(options.relatedTokens?.() ?? [])]
  const server: AuthorizationServer = {
    vendor: plan.name,
    consent,
    scope: simulation.oauth?.scope ?? configurationDefault(element, 'oauth.scope') ?? '',
    accessTokenSeconds: accessTokenSeconds ?? simulation.oauth?.accessTokenSeconds ?? 3600,
    rotateRefreshTokens: simulation.oauth?.rotateRefreshTokens ?? true,
    state: oauth,
    stats,
  }
  const endpoints = oauthEndpoints(element, server)
  const credentials = createCredentialCheck(element, (token) => issuers().some((issuer) => issuer.isValid(token)))
  const literal = new Map<string, VendorRoute>()
  for (const route of plan.routes) {
    if (route.path.variableCount === 0) literal.set(`${route.method} /${route.path.segments.join('/')}`, route)
  }

  function findRoute(method: string, path: string): { route: VendorRoute; variables: string[] } | undefined {
    const exact = literal.get(`${method} ${path}`)
    if (exact) return { route: exact, variables: [] }
    for (const route of plan.routes) {
      if (route.method !== method) continue
      const match = route.path.expression.exec(path)
      if (match) return { route, variables: match.slice(1).map(decoded) }
    }
    return undefined
  }

  function answer(call: Call, fault: Fault | undefined): Reply {
    const endpoint = endpoints.get(call.path)
    if (endpoint) return faultReply(fault, oauthFault) ?? endpoint(call)
    const method = call.method === 'HEAD' ? 'GET' : call.method
    const found = findRoute(method, call.path)
    const reply =
      faultReply(fault, (status, headers) => vendorError(plan, status, { headers })) ??
      answerCall(method, call, fault, found)
    countRequest(stats, found?.route.resource.name ?? 'unknown', reply.status)
    return reply
  }

  function answerCall(
    method: string,
    call: Call,
    fault: Fault | undefined,
    found: ReturnType<typeof findRoute>,
  ): Reply {
    if (fault?.kind === 'expired-token') for (const issuer of issuers()) issuer.invalidate(credentials.tokenOf(call))
    const isLogin = (found?.route.captures.length ?? 0) > 0
    const problem =
      fault?.kind === 'expired-token' ? 'the access token has expired' : isLogin ? undefined : credentials.problem(call)
    if (problem !== undefined) {
      return vendorError(plan, 401, {
        message: problem,
        headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
      })
    }
    if (found) return answerResourceCall(plan, state, found.route, found.variables, { ...call, method })
    const others = plan.routes.filter((route) => route.path.expression.test(call.path)).map((route) => route.method)
    if (others.length === 0) return vendorError(plan, 404)
    return vendorError(plan, 405, { headers: { allow: [...new Set(others)].join(', ') } })
  }

  /** 429 and status faults replace the answer; nothing happens to the rows. */
  function faultReply(
    fault: Fault | undefined,
    render: (status: number, headers: Record<string, string>) => Reply,
  ): Reply | undefined {
    if (fault?.kind === 'status') return render(fault.status, {})
    if (fault?.kind !== 'rate-limit') return undefined
    const until = new Date(now().getTime() + fault.seconds * 1000)
    return render(429, { 'retry-after': fault.asDate ? until.toUTCString() : String(fault.seconds) })
  }

  return {
    key,
    name: plan.name,
    answer,
    judge(call) {
      const method = call.method === 'HEAD' ? 'GET' : call.method
      if (endpoints.has(call.path)) return { serves: true, admits: true }
      return { serves: findRoute(method, call.path) !== undefined, admits: credentials.problem(call) === undefined }
    },
    oauth,
    paths: () => [
      ...plan.routes.map((route) => `${route.method} /${route.path.segments.join('/')}`),
      ...[...endpoints.keys()].map((path) => `OAuth ${path}`),
    ],
    resources: () => [...plan.resources.keys()],
    rows(name) {
      const resource = plan.resources.get(name)
      return resource
        ? state
            .table(resource)
            .all()
            .map((stored) => structuredClone(stored.row))
        : []
    },
    stats,
    expireTokens: () => oauth.expireAll(),
  }
}

/** Paths of the element's `oauth.*.url` defaults; an OAuth element without them gets the usual ones. */
function oauthEndpoints(element: Element, server: AuthorizationServer): Map<string, Endpoint> {
  const endpoints = new Map<string, Endpoint>()
  const type = element.authentication.type
  const path = (key: string, fallback: string) => {
    const url = configurationDefault(element, key)
    return url === undefined || url === 'None' || url === 'false' ? fallback : pathOf(url)
  }
  if (type === 'oauth1') {
    const oauth1 = createOAuth1(server)
    endpoints.set(path('oauth.request.url', '/oauth/request_token'), oauth1.requestToken)
    endpoints.set(path('oauth.authorization.url', '/oauth/authorize'), oauth1.authorize)
    endpoints.set(path('oauth.token.url', '/oauth/access_token'), oauth1.accessToken)
  } else if (OAUTH_TYPES.has(type) || configurationDefault(element, 'oauth.token.url') !== undefined) {
    const tokenPath = path('oauth.token.url', '/oauth2/token')
    endpoints.set(path('oauth.token.revoke_url', '/oauth2/revoke'), (call) => revoke(server, call))
    endpoints.set(path('oauth.token.refresh_url', tokenPath), (call) => token(server, call))
    endpoints.set(tokenPath, (call) => token(server, call))
    endpoints.set(path('oauth.authorization.url', '/oauth2/authorize'), (call) => authorize(server, call))
  }
  return endpoints
}

function oauthFault(status: number, headers: Record<string, string>): Reply {
  const error = status >= 500 ? (status === 503 ? 'temporarily_unavailable' : 'server_error') : 'invalid_request'
  return jsonReply(status, { error, error_description: 'simulated fault' }, headers)
}

function decoded(text: string | undefined): string {
  try {
    return decodeURIComponent(text ?? '')
  } catch {
    // a broken escape names no row; the call ends as 404
    return text ?? ''
  }
}
