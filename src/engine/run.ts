import type { ResourceCall, ResourceReply } from '../model/exchange.ts'
import type { InstanceState } from '../model/instance.ts'
import { countOf } from './body/count-of.ts'
import type { CommonResources } from './common/common-resources.ts'
import { type Exchange, listName, takeRefreshed } from './exchange.ts'
import { refreshesAfterRefusal } from './oauth/refresh-due.ts'
import { queryOfToken, sealPageToken } from './paging/page-token.ts'
import { answering, asking, calling, closing, opening } from './pipeline.ts'
import type { Plan, ResourcePlan } from './plan.ts'
import type { Ports, Step } from './ports.ts'
import { dropStream, newAnswer } from './vendor-answer.ts'
import { newVendorDraft } from './vendor-draft.ts'

/**
 * The engine: one call of one instance through the pipeline. Start reading at `pipeline.ts`. It sees values and
 * `Ports`; tables, routes and element keys are unknown here.
 *
 * @param commonResources of the instance; without them every path is one of the element
 * @throws ValenceError; a vendor's failure carries the mapped status and `providerMessage`
 */
export async function run(
  plan: Plan,
  instance: InstanceState,
  call: ResourceCall,
  ports: Ports,
  commonResources?: CommonResources,
): Promise<ResourceReply> {
  const exchange = begin(plan, instance, call, { commonResources })
  try {
    await walkThrough(exchange, ports)
    return replyOf(exchange, ports)
  } catch (error) {
    dropStream(exchange.reply)
    throw error
  }
}

async function walkThrough(exchange: Exchange, ports: Ports): Promise<void> {
  try {
    const opened = walk(opening, exchange, ports)
    if (opened) await opened
    await runChain(exchange, ports)
    const closed = walk(closing, exchange, ports)
    if (closed) await closed
  } finally {
    // also when the call fails: a token that a hook fetched is worth keeping
    if (hasMembers(exchange.changes)) await ports.saveConfiguration(exchange.instance.id, exchange.changes)
  }
}

/**
 * The resource of the exchange and those its `nextResource` leads to, one after the other; the last answer counts. An
 * error stops the chain unless a post hook lowered the status (spec 11 §4.5).
 */
export async function runChain(exchange: Exchange, ports: Ports): Promise<void> {
  const { chain } = exchange.resource
  for (const resource of chain) {
    if (resource !== chain[0]) goOn(exchange, resource)
    await runResource(exchange, ports)
    if (exchange.reply.status >= 400) return
  }
}

async function runResource(exchange: Exchange, ports: Ports): Promise<void> {
  const asked = walk(asking, exchange, ports)
  if (asked) await asked
  if (!exchange.skipsVendor) {
    await walk(calling, exchange, ports)
    if (exchange.reply.status === 401) await tryAgainWithFreshCredentials(exchange, ports)
  } else if (exchange.reply.status === 0) {
    exchange.reply.status = 200
  }
  const answered = walk(answering, exchange, ports)
  if (answered) await answered
}

/** The vendor no longer takes the token: it is renewed, and this resource is asked once more (spec 10 §5.6). */
async function tryAgainWithFreshCredentials(exchange: Exchange, ports: Ports): Promise<void> {
  const { id, credentialsVersion } = exchange.instance
  if (!isRefreshable(exchange) || !ports.refreshMayHelp(id, credentialsVersion)) return
  takeRefreshed(exchange, await refreshed(exchange.instance, ports))
  askAgain(exchange)
  await walk(asking, exchange, ports)
  if (exchange.skipsVendor) return
  await walk(calling, exchange, ports)
  if (exchange.reply.status === 401) ports.refreshDidNotHelp(id, exchange.instance.credentialsVersion)
}

/** Newer credentials may be newer in another secret, which a hook or an update stored: then the token is the refused one. */
async function refreshed(refused: InstanceState, ports: Ports): Promise<InstanceState> {
  const newer = await ports.refreshCredentials(refused.id, refused.credentialsVersion)
  const isSameToken = ['oauth.user.token', 'oauth.user.refresh_time'].every(
    (key) => newer.configuration[key] === refused.configuration[key],
  )
  return isSameToken ? ports.refreshCredentials(newer.id, newer.credentialsVersion) : newer
}

function isRefreshable({ plan, instance, resource }: Exchange): boolean {
  return resource.addsCredentials && refreshesAfterRefusal(plan, instance.configuration)
}

/** @returns undefined when no step had to wait: that costs no promise */
function walk(steps: readonly Step[], exchange: Exchange, ports: Ports, from = 0): Promise<void> | undefined {
  for (let at = from; at < steps.length; at++) {
    const result = (steps[at] as Step)(exchange, ports)
    if (result instanceof Promise) return result.then(() => walk(steps, exchange, ports, at + 1))
  }
  return undefined
}

/** A new exchange; `matchResource` finds its resource, lifecycle runs bring theirs. */
export function begin(
  plan: Plan,
  instance: InstanceState,
  call: ResourceCall,
  { resource, commonResources }: { resource?: ResourcePlan; commonResources?: CommonResources | undefined },
): Exchange {
  const known = resource as ResourcePlan
  return {
    plan,
    instance,
    call,
    commonResources,
    common: undefined,
    mappingScripts: undefined,
    scriptOutcome: undefined,
    statementProblem: undefined,
    resource: known,
    entry: known,
    pathVariables: {},
    previous: undefined,
    where: undefined,
    sendsWhere: false,
    rowFilter: undefined,
    isFiltered: false,
    pageToken: undefined,
    page: undefined,
    vendor: newVendorDraft(known?.vendorMethod ?? call.method),
    skipsVendor: false,
    reply: newAnswer(0),
    nextPage: undefined,
    totalCount: undefined,
    warnings: [],
    changes: {},
  }
}

/** The next resource of a chain starts with what the one before answered; a file is not handed on. */
function goOn(exchange: Exchange, resource: ResourcePlan): void {
  dropStream(exchange.reply)
  exchange.previous = { body: exchange.reply.body, headers: exchange.reply.headers }
  exchange.resource = resource
  askAgain(exchange)
}

function askAgain(exchange: Exchange): void {
  exchange.vendor = newVendorDraft(exchange.resource.vendorMethod)
  exchange.reply = newAnswer(0)
  exchange.where = undefined
  exchange.sendsWhere = false
  exchange.skipsVendor = false
  exchange.nextPage = undefined
  exchange.totalCount = undefined
  exchange.warnings = []
}

/** Status, `Elements-*` headers and body as the caller gets them (spec 00 §8, §10). */
function replyOf(exchange: Exchange, ports: Ports): ResourceReply {
  const { reply, call, common, instance, page, nextPage } = exchange
  const headers: Record<string, string> = {}
  const returned = countOf(reply.body)
  if (returned !== undefined) headers['elements-returned-count'] = String(returned)
  if (exchange.totalCount !== undefined) headers['elements-total-count'] = String(exchange.totalCount)
  if (exchange.isFiltered) headers['elements-filtered'] = 'platform'
  if (common?.mapping.model) headers['elements-model'] = common.mapping.model
  const warnings = [...exchange.warnings, ...ignoredWarning(exchange)]
  if (warnings.length > 0) headers['elements-error'] = warnings.join('; ')
  if (page && nextPage) {
    headers['elements-next-page-token'] = sealPageToken(
      {
        instanceId: instance.id,
        resource: listName(exchange),
        pageSize: page.pageSize,
        position: nextPage,
        query: queryOfToken(common?.query ?? call.query),
      },
      ports,
    )
  }
  for (const name of ['content-type', 'content-disposition', 'content-length'] as const) {
    const value = reply.headers[name]
    if (value !== undefined && isStream(reply.body)) headers[name] = String(value)
  }
  return { status: 200, headers, body: reply.body }
}

/** What a caller sent and nobody took is not lost in silence. */
function ignoredWarning({ common, plan }: Exchange): string[] {
  const ignored = common?.ignored ?? []
  if (ignored.length === 0) return []
  const some = ignored.slice(0, 20).map((path) => path.slice(0, 100).replace(/[^\x20-\x7e]/g, '?'))
  const more = ignored.length > some.length ? ` and ${ignored.length - some.length} more` : ''
  return [
    `ignored: ${some.join(', ')}${more}; the model does not bring them to ${plan.element.name}, "raw" reaches its own fields`,
  ]
}

function isStream(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'pipe' in body
}

function hasMembers(object: object): boolean {
  for (const _name in object) return true
  return false
}
