import type { Element } from '../model/element.ts'
import { answerResourceCall } from './answer-resource-call.ts'
import { type Call, jsonReply, type Reply } from './call.ts'
import { createCredentialCheck } from './check-credentials.ts'
import type { Fault } from './faults.ts'
import { createFileTree } from './file-tree.ts'
import { type FoundRoute, routeTable } from './find-route.ts'
import { hasTokenAddress, oauthEndpoints } from './oauth-endpoints.ts'
import { ANY_CLIENT, createOAuthState, type OAuthState } from './oauth-state.ts'
import type { AuthorizationServer } from './oauth2-endpoints.ts'
import { formatFor, type TokenSource } from './render-answer.ts'
import type { Backend } from './resource-call.ts'
import type { Row, Simulation } from './simulation.ts'
import { countRequest, newStats, type VendorStats } from './stats.ts'
import { vendorError } from './vendor-error.ts'
import { configurationDefault } from './vendor-paging.ts'
import { vendorPlan } from './vendor-plan.ts'
import { createVendorState } from './vendor-state.ts'
import { createVendorWebhooks, type Deliver, type RowChange, type VendorWebhooks } from './vendor-webhooks.ts'

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
  webhooks: VendorWebhooks
  /** a change of a row as its webhooks tell it; undefined: there is no such resource */
  changeOf(resource: string, kind: RowChange['kind'], id: string | undefined): RowChange | undefined
  stats: VendorStats
  expireTokens(): void
  /** rows as freshly made; tokens and counters stay */
  resetRows(): void
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
  /** how its webhooks leave; absent: they do not */
  deliver?: Deliver
}

export function createVendor(options: VendorOptions): Vendor {
  const { element, simulation, seed, now, consent, accessTokenSeconds, before } = options
  const key = options.key ?? element.key
  const plan = vendorPlan(element, simulation, key)
  const webhooks = createVendorWebhooks(simulation, { now, deliver: options.deliver, before: before?.webhooks })
  const freshState = () => createVendorState(plan, String(seed), now, webhooks.tell)
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
  // where simulation.yaml says which other credentials are good, the rest must have been issued here
  const isAccepted = simulation.credentials?.accepts === undefined ? isGood : isIssued
  const credentials = createCredentialCheck(element, isAccepted, simulation.credentials)
  const routes = routeTable(plan)
  const tree = simulation.tree && createFileTree(simulation.tree, plan, now)
  const backend: Backend = { plan, state: freshState(), tokens: tokenSource(server) }

  function isIssued(token: string): boolean {
    return issuers().some((issuer) => issuer.isValid(token))
  }

  /** Where the element has no token address, tokens come from elsewhere: then only those are refused that are over. */
  function isGood(token: string): boolean {
    if (isIssued(token)) return true
    return !hasTokenAddress(element) && !issuers().some((issuer) => issuer.isOver(token))
  }

  const methodOf = (call: Call) => (call.method === 'HEAD' ? 'GET' : call.method)

  /** A resource that replaces a token call comes before the authorization server (spec 11 §4.3). */
  function endpointFor(call: Call, found: FoundRoute | undefined) {
    const isReplaced = /^oauth/.test(found?.route.served?.resource.type ?? '')
    return isReplaced ? undefined : endpoints.at(call.path)
  }

  function answer(call: Call, fault: Fault | undefined): Reply {
    const found = routes.find(methodOf(call), call)
    const endpoint = endpointFor(call, found)
    if (endpoint) return faultReply(fault, oauthFault) ?? endpoint(call)
    const format = formatFor(found?.route.shape, call)
    const reply =
      faultReply(fault, (status, headers) => vendorError(plan, status, { headers }, format)) ??
      answerCall(call, fault, found)
    countRequest(stats, found?.route.resource.name ?? 'unknown', reply.status)
    return reply
  }

  function answerCall(call: Call, fault: Fault | undefined, found: FoundRoute | undefined): Reply {
    const isExpired = fault?.kind === 'expired-token'
    if (isExpired) for (const issuer of issuers()) issuer.invalidate(credentials.tokenOf(call))
    const method = methodOf(call)
    const ofTree = tree?.find(call)
    const served = found ?? (plan.unknownPaths === 'echo' ? routes.closest(method, call) : undefined)
    const route = served?.route
    const problem = isExpired
      ? 'the access token has expired'
      : credentials.problem(call, route?.served?.resource, route?.resource.isOpen)
    if (problem !== undefined) {
      const headers = { 'www-authenticate': 'Bearer error="invalid_token"' }
      return vendorError(plan, 401, { message: problem, headers }, formatFor(route?.shape, call))
    }
    if (ofTree) return ofTree()
    if (served) {
      const reply = answerResourceCall(backend, served, method === call.method ? call : { ...call, method })
      webhooks.heard(served.route, call, reply)
      return reply
    }
    const others = routes.methodsAt(call.path)
    if (others.length === 0) return vendorError(plan, 404)
    return vendorError(plan, 405, { headers: { allow: others.join(', ') } })
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
      const found = routes.find(methodOf(call), call)
      if (endpointFor(call, found)) return { serves: true, admits: true }
      const problem = credentials.problem(call, found?.route.served?.resource, found?.route.resource.isOpen)
      return { serves: found !== undefined || tree?.find(call) !== undefined, admits: problem === undefined }
    },
    oauth,
    paths: () => [
      ...plan.routes.map((route) => `${route.method} /${route.path.segments.join('/')}`),
      ...(tree?.paths() ?? []),
      ...endpoints.paths().map((path) => `OAuth ${path}`),
    ],
    resources: () => [...plan.resources.keys()],
    rows(name) {
      const resource = plan.resources.get(name)
      return resource
        ? backend.state
            .table(resource)
            .all()
            .map((stored) => structuredClone(stored.row))
        : []
    },
    webhooks,
    changeOf(name, kind, id) {
      const resource = plan.resources.get(name)
      if (!resource) return undefined
      const rows = backend.state.table(resource).all()
      const stored = rows.find(({ row }) => id === undefined || String(row[resource.idField]) === id)
      return { resource, kind, row: stored?.row ?? { [resource.idField]: id } }
    },
    stats,
    expireTokens: () => oauth.expireAll(),
    resetRows() {
      backend.state = freshState()
      tree?.reset()
    },
  }
}

/** Tokens in answers of the vendor's own making are as good as the authorization server's. */
function tokenSource(server: AuthorizationServer): TokenSource {
  const grant = () => server.state.newGrant(ANY_CLIENT, server.scope)
  return {
    accessToken: () => server.state.newAccessToken(grant(), server.accessTokenSeconds),
    refreshToken: () => server.state.newRefreshToken(grant()),
  }
}

function oauthFault(status: number, headers: Record<string, string>): Reply {
  const error = status >= 500 ? (status === 503 ? 'temporarily_unavailable' : 'server_error') : 'invalid_request'
  return jsonReply(status, { error, error_description: 'simulated fault' }, headers)
}
