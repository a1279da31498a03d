import { vi } from 'vitest'
import { expectOk } from './expect-answer.ts'
import type { Answer, CallOptions, TestHub } from './hub.ts'

/** A formula in short: steps by name, the first one is where it begins. */
export interface FormulaText {
  name?: string
  engine?: 'v1' | 'v3' | null
  /** manual when absent */
  trigger?: TriggerText
  /** the first of `steps` when absent */
  first?: string
  /** variables by key; `?` behind the type: not required */
  config?: Record<string, 'elementInstance' | 'value' | 'elementInstance?' | 'value?'>
  steps?: Record<string, StepText>
  /** further members of the template */
  more?: Record<string, unknown>
}

export interface TriggerText {
  type: string
  properties?: Record<string, unknown>
}

export interface StepText {
  type: string
  properties: Record<string, unknown>
  onSuccess: string[]
  onFailure: string[]
}

/** @param next, otherwise names of steps; none: it ends there */
export function step(type: string, properties: Record<string, unknown>, next?: string, otherwise?: string): StepText {
  const list = (name?: string) => (name === undefined ? [] : [name])
  return { type, properties, onSuccess: list(next), onFailure: list(otherwise) }
}

export const script = (body: string, next?: string, otherwise?: string) => step('script', { body }, next, otherwise)
export const filter = (body: string, next?: string, otherwise?: string) => step('filter', { body }, next, otherwise)
/** @param body first step of the body; @param after of what follows the list */
export const loop = (list: string, body?: string, after?: string) => step('loop', { list }, body, after)
export const sub = (
  formulaId: number | string,
  properties: Record<string, unknown> = {},
  next?: string,
  otherwise?: string,
) => step('formula', { formulaId, ...properties }, next, otherwise)
/** @param line `GET /contacts`; @param properties further ones; @param elementInstanceId of the variable `crm` when absent */
export function elementRequest(line: string, properties: Record<string, unknown> = {}, next?: string, other?: string) {
  const [method, api] = split(line)
  return step('elementRequest', { elementInstanceId: '${config.crm}', method, api, ...properties }, next, other)
}
export function platformRequest(line: string, properties: Record<string, unknown> = {}, next?: string, other?: string) {
  const [method, api] = split(line)
  return step('request', { method, api, ...properties }, next, other)
}
export function httpRequest(line: string, properties: Record<string, unknown> = {}, next?: string, other?: string) {
  const [method, url] = split(line)
  return step('httpRequest', { method, url, ...properties }, next, other)
}

function split(line: string): [string, string] {
  const at = line.indexOf(' ')
  return [line.slice(0, at), line.slice(at + 1)]
}

let formulas = 0

/** The body of `POST /formulas`. */
export function formulaBody({ name, engine, trigger, first, config = {}, steps = {}, more = {} }: FormulaText) {
  const begin = first ?? Object.keys(steps)[0]
  return {
    name: name ?? `formula ${++formulas}`,
    ...(engine === undefined ? {} : { engine }),
    configuration: Object.entries(config).map(([key, type]) => ({
      key,
      name: key,
      type: type.replace('?', ''),
      required: !type.endsWith('?'),
    })),
    triggers: [
      {
        type: trigger?.type ?? 'manual',
        properties: trigger?.properties ?? {},
        onSuccess: begin === undefined ? [] : [begin],
        onFailure: [],
      },
    ],
    steps: Object.entries(steps).map(([name, one]) => ({ name, ...one })),
    ...more,
  }
}

/** A visit of a step as the API shows it: its values by key. */
export interface Visit {
  id: number
  name: string
  status: string
  values: Record<string, string>
}

// biome-ignore lint/suspicious/noExplicitAny: tests read members of every shape
type Body = any

/** An execution that has ended, read back. */
export interface Run {
  formula: Body
  instance: Body
  /** as `GET …/executions/{id}` shows it */
  execution: Body
  status: string
  visits: Visit[]
  /** `trigger`, `a`, `b` … oldest first */
  names: string[]
  /** of a value by its whole key; the latest one */
  value(key: string): string | undefined
  /** the latest one, parsed */
  json(key: string): Body
}

export interface RunOptions {
  configuration?: Record<string, unknown>
  /** body of `POST …/executions` */
  args?: unknown
  /** further members of the instance */
  instance?: Record<string, unknown>
}

/** Formulas through the API, by the administrator or by whoever's pair is given. */
export interface Formulas {
  call(method: string, path: string, body?: unknown, options?: CallOptions): Promise<Answer>
  /** Runs a script: the first one waits until there is a process for it, which takes a busy machine seconds. */
  warm(): Promise<void>
  post(formula: FormulaText): Promise<Answer>
  /** @returns the template */
  make(formula: FormulaText): Promise<Body>
  /** @returns the instance */
  bind(formula: { id: number }, configuration?: object, more?: object): Promise<Body>
  /** @returns ids of the executions that this starts */
  start(instanceId: number, body?: unknown): Promise<number[]>
  /** @returns the execution once it waits for nothing more; `retry` is such an end as well */
  ended(executionId: number): Promise<Body>
  /** oldest first, all pages */
  visits(executionId: number): Promise<Visit[]>
  /** Waits for the end of an execution and reads it. */
  read(executionId: number): Promise<Omit<Run, 'formula' | 'instance'>>
  /** Makes the formula and an instance, starts it once, waits for the end. */
  run(formula: FormulaText, options?: RunOptions): Promise<Run>
  /** Starts an instance that is there. */
  runAgain(run: Pick<Run, 'formula' | 'instance'>, args?: unknown): Promise<Run>
  /** Waits until so many executions of an instance are over; newest first. */
  executions(instanceId: number, count: number): Promise<Body[]>
}

const LIMIT_MS = 18_000

export function formulasOf(hub: TestHub, authorization = hub.authorization): Formulas {
  const call: Formulas['call'] = (method, path, body, options) =>
    hub.call(method, path, { authorization, body, ...options })
  const self: Formulas = {
    call,
    async warm() {
      await self.run({ steps: { a: script('done()') } })
    },
    post: (formula) => call('POST', '/formulas', formulaBody(formula)),
    make: async (formula) => expectOk(await self.post(formula)).body,
    async bind({ id }, configuration = {}, more = {}) {
      const body = { name: `instance of ${id}`, configuration, ...more }
      return expectOk(await call('POST', `/formulas/${id}/instances`, body)).body
    },
    async start(instanceId, body = {}) {
      const answer = expectOk(await call('POST', `/formulas/instances/${instanceId}/executions`, body))
      return answer.body.map(({ id }: { id: number }) => id)
    },
    ended: (id) =>
      vi.waitFor(
        async () => {
          const { body } = expectOk(await call('GET', `/formulas/instances/executions/${id}`))
          if (isOpen(body)) throw new Error(`execution ${id} did not end: ${JSON.stringify(body).slice(0, 2000)}`)
          return body
        },
        { timeout: LIMIT_MS, interval: 20 },
      ),
    async visits(id) {
      const found: Visit[] = []
      for (let page: string | null = ''; page !== null; ) {
        const path = `/formulas/instances/executions/${id}/steps?includeValues=true&pageSize=200&nextPage=${page}`
        const answer = expectOk(await call('GET', path))
        found.push(...answer.body.map(visitOf))
        const token = answer.headers.get('elements-next-page-token')
        page = token === null ? null : encodeURIComponent(token)
      }
      return found.toReversed()
    },
    async read(id) {
      const execution = await self.ended(id)
      const visits = await self.visits(id)
      const value = (key: string) => visits.findLast(({ values }) => Object.hasOwn(values, key))?.values[key]
      return {
        execution,
        status: execution.status,
        visits,
        names: visits.map(({ name }) => name),
        value,
        json: (key) => JSON.parse(value(key) ?? 'null'),
      }
    },
    async run(text, { configuration, args, instance: more } = {}) {
      const formula = await self.make(text)
      const instance = await self.bind(formula, configuration, more)
      return self.runAgain({ formula, instance }, args)
    },
    async runAgain({ formula, instance }, args) {
      const [id] = await self.start(instance.id, args)
      if (id === undefined) throw new Error(`instance ${instance.id} started nothing`)
      return { formula, instance, ...(await self.read(id)) }
    },
    executions: (instanceId, count) =>
      vi.waitFor(
        async () => {
          const { body } = expectOk(await call('GET', `/formulas/instances/${instanceId}/executions`))
          if (body.length < count || body.some(isOpen))
            throw new Error(`${count} ended executions expected, got ${JSON.stringify(body)}`)
          return body
        },
        { timeout: LIMIT_MS, interval: 20 },
      ),
  }
  return self
}

function isOpen({ status }: { status: string }): boolean {
  return status === 'queued' || status === 'pending'
}

export function visitOf({ id, stepName, status, stepExecutionValues = [] }: Body): Visit {
  return {
    id,
    name: stepName,
    status,
    values: Object.fromEntries(stepExecutionValues.map(({ key, value }: Body) => [key, value])),
  }
}

/** `name:status` of each visit, oldest first: a golden list. */
export function storyOf(visits: readonly Visit[]): string[] {
  return visits.map(({ name, status }) => `${name}:${status}`)
}

export function countOf(names: readonly string[], name: string): number {
  return names.filter((one) => one === name).length
}
