import { pino } from 'pino'
import { compile } from '../../src/engine/compile.ts'
import { eventDb } from '../../src/events/event-table.ts'
import { checkpointDb } from '../../src/events/poll/checkpoint-table.ts'
import { keepCheckpoints } from '../../src/events/poll/keep-checkpoints.ts'
import type { PollContext, PollFact } from '../../src/events/poll/poll-context.ts'
import { readPollers } from '../../src/events/poll/poller-configuration.ts'
import { runPoller } from '../../src/events/poll/run-poller.ts'
import type { Instance } from '../../src/instances/instance.ts'
import type { Caller } from '../../src/model/account.ts'
import type { Element } from '../../src/model/element.ts'
import type { Store } from '../../src/store/database.ts'
import { type AnswerOf, runCall, TestRunFailure } from './engine.ts'
import { createTestJobs } from './jobs.ts'

/** An instance that is polled through the real engine: its vendor is a function, its clock a number. */
export interface TestPoller {
  instance: Instance
  context: PollContext
  clock: { ms: number }
  facts: PollFact[]
  /** one run; what the schedule is told */
  run(signal?: AbortSignal): Promise<{ message?: string }>
  /** polling follows the instance's configuration from now on */
  follow(): Promise<void>
  /** bodies of the events that were stored, in order */
  events(): Promise<PolledBody[]>
  checkpoints(): Promise<Record<string, unknown>[]>
}

export interface PolledBody {
  instance_id: number
  objectType: string
  pollDate: number
  events?: Record<string, unknown>[]
  [resource: string]: unknown
}

let lastId = 100

export function createTestPoller(
  store: Store,
  { element, vendor, configuration }: { element: Element; vendor: AnswerOf; configuration: Record<string, string> },
  clock = { ms: Date.parse('2024-07-15T10:00:00Z') },
): TestPoller {
  const plan = compile(element)
  const id = ++lastId
  const on = { 'event.notification.enabled': 'true', 'event.vendor.type': 'polling' }
  const own = { ...plan.defaults, ...on, ...configuration }
  const instance = {
    ...{ id, organizationId: 2, accountId: 2, userId: 2, name: 'Acme', tags: [], token: 't', plan, disabled: false },
    state: { id, accountId: 2, configuration: own, credentialsVersion: 1 },
  } as unknown as Instance
  const facts: PollFact[] = []
  const context: PollContext = {
    store,
    jobs: createTestJobs(),
    now: () => new Date(clock.ms),
    log: pino({ level: 'silent' }),
    instanceOf: () => instance,
    callerOf: () => ({ userId: 2, accountId: 2, organizationId: 2 }) as Caller,
    async call(_caller, { state }, call) {
      try {
        return (await runCall(element, call, vendor, { configuration: { ...state.configuration } })).reply
      } catch (error) {
        throw error instanceof TestRunFailure ? error.error : error
      }
    },
    recordCall: (fact) => facts.push(fact),
    newRequestId: () => String(facts.length),
  }
  return {
    instance,
    context,
    clock,
    facts,
    run: (signal = new AbortController().signal) => runPoller(context, id, signal),
    async follow() {
      const names = readPollers(instance.state.configuration).resources.map(({ name }) => name)
      await store.changes.transaction((trx) => keepCheckpoints(trx, instance, names, context.now()))
    },
    async events() {
      const rows = await eventDb(store)
        .selectFrom('event_targets')
        .innerJoin('events', 'events.id', 'event_targets.event_id')
        .select('body')
        .where('instance_id', '=', id)
        .orderBy('event_targets.seq')
        .execute()
      return rows.map(({ body }) => JSON.parse(body.toString()) as PolledBody)
    },
    checkpoints: () =>
      checkpointDb(store)
        .selectFrom('poller_checkpoints')
        .selectAll()
        .where('instance_id', '=', id)
        .orderBy('object_type')
        .execute(),
  }
}
