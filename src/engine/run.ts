import type { ResourceCall, ResourceReply } from '../model/exchange.ts'
import type { InstanceState } from '../model/instance.ts'
import { countOf } from './body/count-of.ts'
import type { Exchange } from './exchange.ts'
import { canRefresh } from './oauth/refresh-due.ts'
import { queryOfToken, sealPageToken } from './paging/page-token.ts'
import { pipeline } from './pipeline.ts'
import type { Plan, ResourcePlan } from './plan.ts'
import type { Ports } from './ports.ts'
import { send } from './steps/send.ts'

/**
 * The engine: one call of one instance through the pipeline. Start reading at `pipeline.ts`. It sees values and
 * `Ports`; tables, routes and element keys are unknown here.
 *
 * @throws ValenceError; a vendor's failure carries the mapped status and `providerMessage`
 */
export async function run(
  plan: Plan,
  instance: InstanceState,
  call: ResourceCall,
  ports: Ports,
): Promise<ResourceReply> {
  let exchange = begin(plan, instance, call)
  let isRetry = false
  for (let at = 0; at < pipeline.length; at++) {
    const step = pipeline[at] as (typeof pipeline)[number]
    const result = step(exchange, ports)
    exchange = result instanceof Promise ? await result : result
    if (step !== send || exchange.reply.status !== 401) continue
    const { id, credentialsVersion } = exchange.instance
    if (isRetry) {
      ports.refreshDidNotHelp(id, credentialsVersion)
    } else if (isRefreshable(exchange) && ports.refreshMayHelp(id, credentialsVersion)) {
      // the vendor no longer takes the token: renew it and go once more from the beginning (spec 10 §5.6)
      exchange = begin(plan, await ports.refreshCredentials(id, credentialsVersion), call)
      isRetry = true
      at = -1
    }
  }
  return replyOf(exchange, ports)
}

function isRefreshable({ plan, instance }: Exchange): boolean {
  return canRefresh(plan.element.authentication.type, instance.configuration)
}

function begin(plan: Plan, instance: InstanceState, call: ResourceCall): Exchange {
  return {
    plan,
    instance,
    call,
    resource: undefined as unknown as ResourcePlan, // matchResource is first
    pathVariables: {},
    where: undefined,
    pageToken: undefined,
    page: undefined,
    vendor: {
      pathValues: {},
      query: [],
      headers: {},
      body: undefined,
      bodyFields: undefined,
      form: undefined,
      url: '',
    },
    reply: { status: 0, headers: {}, body: undefined, raw: undefined, text: '' },
    nextPage: undefined,
    totalCount: undefined,
    warnings: [],
  }
}

/** Status, `Elements-*` headers and body as the caller gets them (spec 00 §8, §10). */
function replyOf(exchange: Exchange, ports: Ports): ResourceReply {
  const { reply, call, instance, resource, page, nextPage } = exchange
  const headers: Record<string, string> = {}
  const returned = countOf(reply.body)
  if (returned !== undefined) headers['elements-returned-count'] = String(returned)
  if (exchange.totalCount !== undefined) headers['elements-total-count'] = String(exchange.totalCount)
  if (exchange.warnings.length > 0) headers['elements-error'] = exchange.warnings.join('; ')
  if (page && nextPage) {
    headers['elements-next-page-token'] = sealPageToken(
      {
        instanceId: instance.id,
        resource: resource.label,
        pageSize: page.pageSize,
        position: nextPage,
        query: queryOfToken(call.query),
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

function isStream(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'pipe' in body
}
