import { Readable } from 'node:stream'
import { compile } from '../../../src/engine/compile.ts'
import { runLifecycle } from '../../../src/engine/lifecycle.ts'
import type { Ports } from '../../../src/engine/ports.ts'
import { run } from '../../../src/engine/run.ts'
import { ValenceError } from '../../../src/errors.ts'
import type { EffectiveTransformation } from '../../../src/model/common-resource.ts'
import type { Element } from '../../../src/model/element.ts'
import { JsonText, type ResourceCall, type UploadedPart, type VendorRequest } from '../../../src/model/exchange.ts'
import type { InstanceState } from '../../../src/model/instance.ts'
import type { Sandbox } from '../../../src/sandbox/sandbox.ts'
import { answer, commonResourcesOf, NOW } from '../../support/engine.ts'
import type { GoldenCall, GoldenPart, GoldenReply, Round } from './engine-case.ts'

/** What one round did: what was sent, and what came of it. */
export interface RoundOutcome {
  requests: VendorRequest[]
  saved: Record<string, string | null>
  reply?: { status: number; headers: Record<string, string>; body: unknown }
  error?: ValenceError
}

/**
 * One round through the engine, with a vendor that answers what the case says and scripts in the real sandbox.
 * @param token the page token of the round before
 */
export async function runRound(
  element: Element,
  mappings: readonly EffectiveTransformation[],
  configuration: Record<string, string | null>,
  round: Round,
  token: string | undefined,
  sandbox: Pick<Sandbox, 'run' | 'runRecords'>,
): Promise<RoundOutcome> {
  const plan = compile(element)
  const commonResources = commonResourcesOf({ mappings })
  const instance: InstanceState = {
    id: 7,
    accountId: 3,
    configuration: { ...plan.defaults, ...configuration },
    credentialsVersion: 1,
  }
  const outcome: RoundOutcome = { requests: [], saved: {} }
  const ports = portsOf(round, outcome, sandbox)
  try {
    if (round.lifecycle) {
      const { type, query = {} } = round.lifecycle
      const { changes } = await runLifecycle(plan, type, instance, query, ports)
      Object.assign(outcome.saved, changes)
    } else if (round.call) {
      const { status, headers, body } = await run(plan, instance, callOf(round.call, token), ports, commonResources)
      outcome.reply = { status, headers, body: await readBody(body, /json/.test(headers['content-type'] ?? 'json')) }
    }
  } catch (error) {
    if (!(error instanceof ValenceError)) throw error
    outcome.error = error
  }
  return outcome
}

function portsOf(round: Round, outcome: RoundOutcome, sandbox: Pick<Sandbox, 'run' | 'runRecords'>): Ports {
  return {
    async send(request) {
      const index = outcome.requests.push({ ...request, headers: { ...request.headers } }) - 1
      const step = round.vendor === 'any' ? { reply: { status: 200, body: {} } } : round.vendor[index]
      return vendorReply(step?.reply ?? { status: 599, body: 'one request more than the case has' })
    },
    isBeforeSend: () => false,
    now: () => NOW,
    random: () => 0.5,
    sleep: async () => undefined,
    runScript: sandbox.run,
    runRecords: sandbox.runRecords,
    noteMapping: () => undefined,
    noteConsole: () => undefined,
    webhookUrl: (elementKey, { id }) => `https://hub.test/events/${elementKey}/${id}`,
    async saveConfiguration(_id, changes) {
      Object.assign(outcome.saved, changes)
    },
    refreshDidNotHelp: () => undefined,
    refreshMayHelp: () => false,
    refreshCredentials: () => Promise.reject(new Error('no case needs a refresh')),
    sealPageToken: (text) => Buffer.from(text).toString('base64url'),
    openPageToken: (given) => Buffer.from(given, 'base64url').toString(),
  }
}

function vendorReply({ status, headers, body }: GoldenReply) {
  return answer(status, body, headers)
}

function callOf(given: GoldenCall, token: string | undefined): ResourceCall {
  const query = Object.entries(given.query ?? {}).map(([name, value]) => [name, value === '<token>' ? token : value])
  return {
    method: given.method,
    path: given.path,
    query: Object.fromEntries(query) as ResourceCall['query'],
    headers: given.headers ?? {},
    body: given.body,
    ...(given.parts ? { parts: given.parts.map(partOf) } : {}),
  }
}

function partOf({ content, ...described }: GoldenPart): UploadedPart {
  const bytes = Buffer.from(content)
  // a part without a file name is a field
  const text = described.fileName === undefined ? { text: content } : {}
  return { ...described, ...text, sizeBytes: bytes.length, open: () => Readable.from([bytes]) }
}

/** Whether records stayed text or a stream is the engine's affair; the caller reads the same. */
async function readBody(body: unknown, isJson: boolean): Promise<unknown> {
  if (body instanceof JsonText) return JSON.parse(body.text)
  if (!(body instanceof Readable)) return body
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(Buffer.from(chunk))
  const text = Buffer.concat(chunks).toString()
  return isJson ? JSON.parse(text) : text
}
