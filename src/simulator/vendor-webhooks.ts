import { createHmac } from 'node:crypto'
import type { Call, Reply } from './call.ts'
import { decodeBody } from './decode-body.ts'
import { readPath } from './dotted-path.ts'
import type { ResourcePlan } from './resource-plan.ts'
import type { Row, Simulation } from './simulation.ts'
import { compileTemplate } from './template.ts'
import type { VendorRoute } from './vendor-route.ts'

/** A request that a vendor makes by itself. */
export interface Webhook {
  url: string
  headers: Record<string, string>
  body: string
}

/** @returns the status of the answer */
export type Deliver = (webhook: Webhook) => Promise<number>

/** What happened to a row. */
export interface RowChange {
  resource: ResourcePlan
  kind: 'created' | 'updated' | 'deleted'
  row: Row
}

/** What a control call wants told: a change of a row, or a body as it stands. */
export type Told = RowChange | { body: unknown }

/** Who asked a vendor to be told of changes, and what was sent to them. */
export interface VendorWebhooks {
  /** A call that succeeded: it may have subscribed somebody, or ended it. */
  heard(route: VendorRoute, call: Call, reply: Reply): void
  /** @param to instead of whoever subscribed @returns to how many it goes, one after the other, after this */
  tell(told: Told, to?: string): number
  inspect(): { subscriptions: string[]; sent: readonly Sent[] }
  subscriptions: Subscription[]
}

export interface Subscription {
  url: string
  /** what the vendor answered: ids by which it is deleted, the secret that signs */
  answer: unknown
}

interface Sent extends Webhook {
  /** of the answer; 0: there was none */
  status: number
}

const KEEP_SENT = 20
/** Signs where the vendor gave no secret of the subscription. */
export const TEST_SIGNING_KEY = 'simulated-signing-key'
// biome-ignore lint/suspicious/noTemplateCurlyInString: a template of the simulator
const ANY_BODY = { event: '${type}.${change}', type: '$type', id: '$id', row: '$row', time: '$time' }

export function createVendorWebhooks(
  simulation: Simulation,
  given: { now(): Date; deliver: Deliver | undefined; before: VendorWebhooks | undefined },
): VendorWebhooks {
  const { now, deliver } = given
  const rules = simulation.webhooks ?? {}
  const subscriptions = given.before?.subscriptions ?? []
  const sent: Sent[] = []
  const bodyOf = compileTemplate(rules.body ?? ANY_BODY)
  let count = 0
  let last = Promise.resolve()

  function send(webhook: Webhook): void {
    last = last.then(async () => {
      // a receiver that is out of reach is told by its status
      const status = (await deliver?.(webhook).catch(() => 0)) ?? 0
      sent.push({ ...webhook, status })
      if (sent.length > KEEP_SENT) sent.shift()
    })
  }

  function render(told: Told): { body: string; facts: Record<string, unknown> } {
    const time = now()
    count++
    const facts = {
      time: time.toISOString(),
      seconds: Math.floor(time.getTime() / 1000),
      milliseconds: time.getTime(),
      count,
    }
    if ('body' in told) return { body: JSON.stringify(told.body), facts }
    const { resource, kind, row } = told
    const change = rules.changes?.[kind] ?? kind
    const ofRow = {
      change,
      type: resource.type,
      resource: resource.name,
      id: row[resource.idField],
      row: resource.dress(row),
    }
    return { body: JSON.stringify(bodyOf({ ...facts, ...ofRow })), facts }
  }

  function headersOf(body: string, facts: Record<string, unknown>, answer: unknown): Record<string, string> {
    const headers: Record<string, string> = { 'content-type': 'application/json' }
    const { signature } = rules
    if (!signature) return headers
    const text = (template: string, more: object) => String(compileTemplate(template)({ ...facts, ...more }))
    const own = signature.key === undefined ? undefined : readPath(answer, signature.key)
    const key = typeof own === 'string' ? own : TEST_SIGNING_KEY
    const digest = createHmac('sha256', key).update(text(signature.content, { body }))
    headers[signature.header] = text(signature.value, { signature: digest.digest(signature.encoding) })
    for (const [name, value] of Object.entries(signature.headers ?? {})) headers[name] = text(value, { body })
    return headers
  }

  return {
    subscriptions,
    heard({ served }, call, reply) {
      const type = served?.resource.type
      if (reply.status >= 300) return
      if (type === 'onProvisionWebhook') {
        const url = urlIn(decodeBody(call).value)
        if (url !== undefined) subscriptions.push({ url, answer: jsonOf(reply) })
      }
      if (type === 'onDeleteWebhook') {
        const id = decodeURIComponent(call.path.split('/').at(-1) ?? '')
        const kept = subscriptions.filter(({ answer }) => !idsIn(answer).includes(id))
        subscriptions.splice(0, subscriptions.length, ...kept)
      }
    },
    tell(told, to) {
      const receivers = to === undefined ? subscriptions : [{ url: to, answer: undefined }]
      if (receivers.length === 0) return 0
      const { body, facts } = render(told)
      for (const { url, answer } of receivers) send({ url, headers: headersOf(body, facts, answer), body })
      return receivers.length
    },
    inspect: () => ({ subscriptions: subscriptions.map(({ url }) => url), sent }),
  }
}

/** The first address in what subscribed: vendors name the member as they like. */
function urlIn(value: unknown): string | undefined {
  if (typeof value === 'string') return /^https?:\/\//.test(value) ? value : undefined
  if (typeof value !== 'object' || value === null) return undefined
  for (const member of Object.values(value)) {
    const url = urlIn(member)
    if (url !== undefined) return url
  }
  return undefined
}

/** Every value of a member that is called an id. */
function idsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) =>
    typeof member === 'object' ? idsIn(member) : /id$/i.test(name) ? [String(member)] : [],
  )
}

function jsonOf({ body }: Reply): unknown {
  try {
    return JSON.parse(String(body ?? ''))
  } catch {
    return undefined // an answer without a body, or of another format, names nothing
  }
}
