import { randomBytes } from 'node:crypto'
import type { MappingNote } from '../engine/common/mapping-note.ts'
import { secretValues } from '../engine/secret-keys.ts'
import { ValenceError } from '../errors.ts'
import type { Element } from '../model/element.ts'
import type { VendorReply, VendorRequest } from '../model/exchange.ts'
import type { Configuration } from '../model/instance.ts'
import { looksSecret, MASK, redactText } from '../redact.ts'
import type { InstanceContext } from './context.ts'
import { instanceDb } from './instance-table.ts'

/**
 * Traces: every vendor call of one provisioning (`providerData.debug`) or of one call of an instance whose trace logging
 * is on, what its scripts printed and how its common resources acted (spec 10 §5.9, 41 §10). Credentials are masked, long bodies cut, and a trace is
 * gone after a day.
 */
const KEEP_HOURS = 24
const MAX_BODY = 16_384
const MAX_CALLS = 50
/** older ones of the account make room */
const MAX_PER_ACCOUNT = 1_000

interface TracedCall {
  request: { method: string; url: string; headers: Record<string, unknown>; body?: string }
  response?: { status: number; headers: Record<string, unknown>; body?: string }
  error?: string
}

export interface TraceOwner {
  organizationId: number
  accountId: number
  elementId: number
  instanceId: number | undefined
  /** of the HTTP request that is traced, by which `traceOfRequest` finds it */
  requestId: string | undefined
}

/**
 * Runs something with a context that writes down what goes out, and stores the trace however it ends.
 *
 * @param secrets of which no text may hold one; asked at the end, since a flow brings new ones
 * @returns the value and the trace's id; an error carries it as the header `elements-trace-id`
 */
export async function traced<T>(
  context: InstanceContext,
  owner: TraceOwner,
  secrets: () => readonly string[],
  run: (context: InstanceContext) => Promise<T>,
): Promise<{ value: T; traceId: string }> {
  const traceId = randomBytes(12).toString('hex')
  const recorder = createRecorder(context)
  try {
    return { value: await run(recorder.context), traceId }
  } catch (error) {
    if (error instanceof ValenceError) error.headers['elements-trace-id'] = traceId
    throw error
  } finally {
    await store(context, traceId, owner, recorder.document(secrets()))
  }
}

/** Every secret of an instance and of what it was given, to be masked in its traces. */
export function secretsOf(element: Element, ...configurations: readonly Configuration[]): string[] {
  return configurations.flatMap((configuration) => secretValues(element, configuration))
}

function createRecorder(context: InstanceContext) {
  const calls: TracedCall[] = []
  const printed: { script: string; lines: readonly string[] }[] = []
  const mapped: MappingNote[] = []
  const recording: InstanceContext = {
    ...context,
    async send(request) {
      const call: TracedCall = { request: requestOf(request) }
      if (calls.length < MAX_CALLS) calls.push(call)
      try {
        return recordReply(call, await context.send(request))
      } catch (error) {
        call.error = (error as Error).message
        throw error
      }
    },
    noteMapping(instance, note) {
      mapped.push(note)
      context.noteMapping(instance, note)
    },
    noteConsole(instance, label, lines) {
      printed.push({ script: label, lines })
      context.noteConsole(instance, label, lines)
    },
  }
  return {
    context: recording,
    document(secrets: readonly string[]): string {
      const document: Record<string, unknown> = {}
      // masked before they are named: a path may hold a secret
      for (const call of calls.map((one) => masked(one, secrets) as TracedCall)) {
        document[freeKey(document, call.request)] = call
      }
      if (mapped.length > 0) document['commonResources'] = masked(mapped, secrets)
      if (printed.length > 0) document['console'] = masked(printed, secrets)
      return JSON.stringify(document)
    },
  }
}

/** `POST:/oauth/token`; a second call of the same address is `POST:/oauth/token (2)`. */
function freeKey(document: object, { method, url }: TracedCall['request']): string {
  const key = `${method}:${URL.parse(url)?.pathname ?? url}`
  let free = key
  for (let count = 2; Object.hasOwn(document, free); count++) free = `${key} (${count})`
  return free
}

function requestOf({ method, url, headers, body }: VendorRequest): TracedCall['request'] {
  const text = typeof body === 'string' ? body.slice(0, MAX_BODY) : body === undefined ? undefined : '(streamed)'
  return { method, url, headers: { ...headers }, ...(text === undefined ? {} : { body: text }) }
}

/** The body is read by whoever asked; the trace takes a look when that happens. */
function recordReply(call: TracedCall, reply: VendorReply): VendorReply {
  call.response = { status: reply.status, headers: { ...reply.headers } }
  const { response } = call
  const note = <T extends Buffer | string>(body: T): T => {
    response.body = body.toString('utf8').slice(0, MAX_BODY)
    return body
  }
  return {
    ...reply,
    bytes: async (limit) => note(await reply.bytes(limit)),
    text: async (limit) => note(await reply.text(limit)),
  }
}

const CREDENTIAL_HEADERS = /^(authorization|proxy-authorization|cookie|set-cookie)$|token|secret|key|signature/i

function masked(value: unknown, secrets: readonly string[], name = ''): unknown {
  if (typeof value === 'string') return isSecretMember(name) ? MASK : redactText(value, secrets)
  if (Array.isArray(value)) return value.map((item) => masked(item, secrets, name))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, masked(member, secrets, key)]))
}

function isSecretMember(name: string): boolean {
  return looksSecret(name) || CREDENTIAL_HEADERS.test(name)
}

/** A trace that cannot be stored must not turn a success into a failure. */
async function store(context: InstanceContext, id: string, owner: TraceOwner, document: string): Promise<void> {
  const db = instanceDb(context.store)
  const now = context.now().getTime()
  try {
    await db
      .insertInto('traces')
      .values({
        id,
        organization_id: owner.organizationId,
        account_id: owner.accountId,
        element_id: owner.elementId,
        instance_id: owner.instanceId ?? null,
        request_id: owner.requestId ?? null,
        document,
        expires_at: new Date(now + KEEP_HOURS * 3_600_000),
      })
      .execute()
    const kept = db
      .selectFrom('traces')
      .select('id')
      .where('account_id', '=', owner.accountId)
      .orderBy('created_at', 'desc')
      .limit(MAX_PER_ACCOUNT)
    await db
      .deleteFrom('traces')
      .where('account_id', '=', owner.accountId)
      .where((where) => where.or([where('expires_at', '<', new Date(now)), where('id', 'not in', kept)]))
      .execute()
  } catch (error) {
    context.log.error({ err: error, trace: id }, 'a trace could not be stored')
  }
}
