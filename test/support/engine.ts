import { Readable } from 'node:stream'
import type { CommonResources } from '../../src/engine/common/common-resources.ts'
import type { MappingNote } from '../../src/engine/common/mapping-note.ts'
import { compile } from '../../src/engine/compile.ts'
import { type LifecycleOutcome, runLifecycle } from '../../src/engine/lifecycle.ts'
import type { Ports } from '../../src/engine/ports.ts'
import { run } from '../../src/engine/run.ts'
import { ValenceError } from '../../src/errors.ts'
import type { EffectiveTransformation } from '../../src/model/common-resource.ts'
import type { ConfigurationRow, Element, Parameter, Resource } from '../../src/model/element.ts'
import {
  JsonText,
  type ResourceCall,
  type ResourceReply,
  type VendorReply,
  type VendorRequest,
} from '../../src/model/exchange.ts'
import type { InstanceState } from '../../src/model/instance.ts'
import { compileMapping } from '../../src/transform/compile-mapping.ts'
import type { Mapping } from '../../src/transform/mapping.ts'

/** Pieces for tests of the engine: small elements, an instance, ports with a vendor made of answers. */

export const NOW = new Date('2024-05-01T10:00:00Z')

export function elementOf(parts: Partial<Element> = {}): Element {
  return {
    id: 10_000,
    key: 'acme',
    name: 'Acme',
    description: '',
    hub: 'crm',
    authentication: { type: 'custom' },
    protocolType: 'http',
    configuration: [row('base.url', 'https://api.acme.test/v1')],
    parameters: [],
    resources: [],
    hooks: [],
    ...parts,
  }
}

export function row(key: string, defaultValue?: string, more: Partial<ConfigurationRow> = {}): ConfigurationRow {
  return { key, name: key, ...(defaultValue === undefined ? {} : { defaultValue }), ...more }
}

export function resource(method: string, path: string, parts: Partial<Resource> = {}): Resource {
  return { method, path: `/hubs/crm${path}`, vendorPath: path, ...parts }
}

/** `query page` → `query per_page`: origin and destination as one text each */
export function parameter(from: string, to: string, more: Partial<Parameter> = {}): Parameter {
  const [type = '', name = ''] = splitOnce(from)
  const [vendorType = '', vendorName = ''] = splitOnce(to)
  return { type, name, vendorType, vendorName, source: 'request', ...more }
}

function splitOnce(text: string): string[] {
  const at = text.indexOf(' ')
  return [text.slice(0, at), text.slice(at + 1)]
}

export function callOf(line: string, more: Partial<ResourceCall> = {}): ResourceCall {
  const [method = '', target = ''] = splitOnce(line)
  const [path = '', search = ''] = target.split('?')
  const query: Record<string, string | string[]> = {}
  for (const [name, value] of new URLSearchParams(search)) {
    const present = query[name]
    query[name] = present === undefined ? value : [present, value].flat()
  }
  return { method, path, query, headers: {}, body: undefined, ...more }
}

export type AnswerOf = (request: VendorRequest, index: number) => VendorReply | Error

export function answer(status: number, body: unknown = '', headers: Record<string, string> = {}): VendorReply {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const type: Record<string, string> = typeof body === 'string' ? {} : { 'content-type': 'application/json' }
  return {
    status,
    headers: { ...type, ...headers },
    url: '',
    body: Readable.from([Buffer.from(text)]),
    bytes: async () => Buffer.from(text),
    text: async () => text,
  }
}

export interface TestRun {
  reply: ResourceReply
  requests: VendorRequest[]
  /** ms asked of `sleep` */
  waits: number[]
  /** versions that were called stale */
  refreshes: number[]
  /** configuration that hooks and captures changed */
  saved: Record<string, string | null>
  /** lines of scripts' consoles */
  printed: string[]
  /** how common resources acted */
  mapped: MappingNote[]
}

export class TestRunFailure extends Error {
  readonly error: ValenceError
  readonly run: Omit<TestRun, 'reply'>
  constructor(error: ValenceError, outcome: Omit<TestRun, 'reply'>) {
    super(error.message)
    this.error = error
    this.run = outcome
  }
}

export interface RunOptions {
  configuration?: Record<string, string | null>
  ports?: Partial<Ports>
  /** common resources of the instance */
  mappings?: readonly EffectiveTransformation[]
  /** how many scripts wait for this call */
  depth?: number
}

/**
 * One call through the pipeline.
 * @param vendor the vendor's answers in order, or a function that makes them
 * @throws TestRunFailure with the error and what was sent until then
 */
export async function runCall(
  element: Element,
  call: ResourceCall,
  vendor: readonly (VendorReply | Error)[] | AnswerOf = [answer(200, [])],
  options: RunOptions = {},
): Promise<TestRun> {
  const { plan, instance, outcome, ports } = prepare(element, vendor, options)
  return withOutcome(outcome, async () => ({
    reply: opened(await run(plan, instance, call, ports, commonResourcesOf(options))),
    ...outcome,
  }))
}

/** Common resources by hand, as an instance has them. */
export function commonResourcesOf({ mappings = [], depth = 0 }: RunOptions): CommonResources {
  const byName: Map<string, Mapping> = new Map(
    mappings.map((mapping) => [mapping.objectName, compileMapping(mapping, (name) => byName.get(name))]),
  )
  return {
    mappingOf: (name) => byName.get(name),
    scriptConfiguration: () => ({
      protocol: 'https',
      host: 'hub.test',
      pathPrefix: '/elements/api-v2',
      userSecret: 'alias-of-user',
      organizationSecret: 'alias-of-organization',
      elementInstanceToken: 'token',
    }),
    depth,
  }
}

/** A transformation as it applies, made of what tests say: `{ id: 'Id' }` are its fields. */
export function transformationOf(
  objectName: string,
  vendorName: string,
  fields: Record<string, string>,
  more: Partial<EffectiveTransformation> & { body?: string } = {},
): EffectiveTransformation {
  const { body, ...rest } = more
  return {
    objectName,
    vendorName,
    isLegacy: false,
    configuration: [],
    fields: Object.entries(fields).map(([path, vendorPath]) => ({
      path,
      vendorPath,
      type: 'string',
      level: 'organization',
    })),
    script: body === undefined ? undefined : { body, mimeType: 'application/javascript', filterEmptyResponse: false },
    ...rest,
  }
}

/** The resources of one lifecycle type, as `runCall`. */
export async function runType(
  element: Element,
  type: string,
  vendor: readonly VendorReply[],
  options: RunOptions = {},
): Promise<LifecycleOutcome & { requests: VendorRequest[] }> {
  const { plan, instance, outcome, ports } = prepare(element, vendor, options)
  return withOutcome(outcome, async () => ({ ...(await runLifecycle(plan, type, instance, {}, ports)), ...outcome }))
}

async function withOutcome<T>(outcome: Omit<TestRun, 'reply'>, running: () => Promise<T>): Promise<T> {
  try {
    return await running()
  } catch (error) {
    if (error instanceof ValenceError) throw new TestRunFailure(error, outcome)
    throw error
  }
}

function prepare(element: Element, vendor: readonly (VendorReply | Error)[] | AnswerOf, options: RunOptions) {
  const plan = compile(element)
  const instance: InstanceState = {
    id: 7,
    accountId: 3,
    configuration: { ...plan.defaults, ...options.configuration },
    credentialsVersion: 1,
  }
  const outcome = {
    requests: [] as VendorRequest[],
    waits: [] as number[],
    refreshes: [] as number[],
    saved: {} as Record<string, string | null>,
    printed: [] as string[],
    mapped: [] as MappingNote[],
  }
  const ports: Ports = {
    async send(request) {
      // a copy: the pipeline may reuse the draft
      outcome.requests.push({ ...request, headers: { ...request.headers } })
      const index = outcome.requests.length - 1
      const given = typeof vendor === 'function' ? vendor(request, index) : vendor[index]
      if (given === undefined) throw new Error(`the vendor was asked ${index + 1} times`)
      if (given instanceof Error) throw given
      return given
    },
    runScript: () => Promise.reject(new Error('this test hands in no sandbox')),
    runRecords: () => Promise.reject(new Error('this test hands in no sandbox')),
    noteMapping: (_instance, note) => outcome.mapped.push(note),
    noteConsole: (_instance, _label, lines) => outcome.printed.push(...lines),
    webhookUrl: (elementKey, { id }) => `https://hub.test/elements/api-v2/events/${elementKey}/${btoa(String(id))}`,
    async saveConfiguration(_id, changes) {
      Object.assign(outcome.saved, changes)
    },
    isBeforeSend: (error) => error instanceof ValenceError && error.message.includes('refused the connection'),
    now: () => NOW,
    random: () => 0.5,
    sleep: async (ms) => {
      outcome.waits.push(ms)
    },
    refreshDidNotHelp: () => undefined,
    refreshMayHelp: () => true,
    refreshCredentials: async (_id, rejectedVersion) => {
      outcome.refreshes.push(rejectedVersion)
      return {
        ...instance,
        configuration: {
          ...instance.configuration,
          'oauth.user.token': 'fresh',
          'oauth.user.refresh_time': String(+NOW),
        },
        credentialsVersion: rejectedVersion + 1,
      }
    },
    sealPageToken: (text) => Buffer.from(text).toString('base64url'),
    openPageToken: (token) => (/^[\w-]+$/.test(token) ? Buffer.from(token, 'base64url').toString() : undefined),
    ...options.ports,
  }
  return { plan, instance, outcome, ports }
}

/** Whether records stayed text is the engine's affair; tests look at values. */
function opened(reply: ResourceReply): ResourceReply {
  return reply.body instanceof JsonText ? { ...reply, body: JSON.parse(reply.body.text) } : reply
}

/** The failure of a run that must not succeed. */
export async function failureOf(running: Promise<unknown>): Promise<TestRunFailure> {
  try {
    await running
  } catch (error) {
    if (error instanceof TestRunFailure) return error
    throw error
  }
  throw new Error('the call succeeded')
}

/** Address that the first request went to. */
export async function vendorUrl(element: Element, call: ResourceCall, configuration = {}): Promise<string> {
  const { requests } = await runCall(element, call, [answer(200, [])], { configuration })
  return requests[0]?.url ?? ''
}
