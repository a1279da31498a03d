import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { BulkTurnFact } from '../bulk/context.ts'
import type { OpenJobs } from '../bulk/count-open-jobs.ts'
import type { MappingNote } from '../engine/common/mapping-note.ts'
import type { FormulaTurnFact } from '../formulas/context.ts'
import type { OpenExecutions } from '../formulas/executions/count-open.ts'
import type { CallFact } from '../instances/call.ts'
import type { QueueDepth } from '../jobs/open-jobs.ts'
import type { JobFact } from '../jobs/work-queue.ts'

/** Prometheus metrics of this process, served by `/metrics`. Labels carry no tenant and no id: their number is bounded. */
export interface Metrics {
  registry: Registry
  callFinished(fact: CallFact): void
  sent(fact: { host: string; method: string; status: number | undefined; ms: number }): void
  refreshed(fact: { element: string; outcome: string }): void
  /** scripts of common resources, by records */
  mapped(note: MappingNote): void
  /** a run of a job */
  ran(fact: JobFact): void
  /** @param read at scrape time: what waits in the queues */
  watchJobs(read: () => Promise<QueueDepth[]>): void
  /** a webhook by what became of it at the door */
  arrived(outcome: string): void
  /** an attempt at delivering a notification to its receiver */
  attempted(fact: { outcome: string; ms: number }): void
  /** a transaction that stored webhooks */
  committed(events: number): void
  /** @param read at scrape time: webhooks that wait to be stored */
  watchIntake(read: () => { waiting: number; bytes: number }): void
  /** a turn at a bulk job */
  bulkTurn(fact: BulkTurnFact): void
  /** @param read at scrape time: bulk jobs that have not ended */
  watchBulk(read: () => Promise<readonly OpenJobs[]>): void
  /** a turn at an execution of a formula */
  formulaTurn(fact: FormulaTurnFact): void
  /** @param read at scrape time: executions that have not ended */
  watchFormulas(read: () => Promise<readonly OpenExecutions[]>): void
  /** of the usage log */
  recorded(outcome: string, records: number): void
  /** @param read at scrape time: records in memory, bytes in the file */
  watchUsage(read: () => { waiting: number; spillBytes: number }): void
  /** @param read pool gauges at scrape time */
  watchPools(read: () => Record<string, { max: number; total: number; idle: number; waiting: number }>): void
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const calls = new Histogram({
    name: 'valence_call_duration_seconds',
    help: 'Resource calls of instances, from identification to answer',
    labelNames: ['element', 'method', 'status'],
    buckets: SECONDS,
    registers: [registry],
  })
  const upstream = new Histogram({
    name: 'valence_upstream_duration_seconds',
    help: 'Requests to vendors until the answer head; status 0 means there was none',
    labelNames: ['method', 'status'],
    buckets: SECONDS,
    registers: [registry],
  })
  const refreshes = new Counter({
    name: 'valence_token_refreshes_total',
    help: 'Token refreshes asked of vendors by outcome',
    labelNames: ['element', 'outcome'],
    registers: [registry],
  })
  const scripted = new Counter({
    name: 'valence_mapping_script_records_total',
    help: 'Records for which the script of a common resource ran, by outcome; failed and late ones are answered as mapped without it',
    labelNames: ['outcome'],
    registers: [registry],
  })
  const jobs = new Histogram({
    name: 'valence_job_duration_seconds',
    help: 'Runs of jobs by outcome; lost: another process had the job meanwhile',
    labelNames: ['queue', 'outcome'],
    buckets: SECONDS,
    registers: [registry],
  })
  const attempts = new Histogram({
    name: 'valence_delivery_duration_seconds',
    help: 'Attempts to deliver notifications by outcome, until the answer begins',
    labelNames: ['outcome'],
    buckets: SECONDS,
    registers: [registry],
  })
  const arrivals = new Counter({
    name: 'valence_events_received_total',
    help: 'Webhooks by outcome: stored, duplicate, nobody to get it, refused by what its instance asks for, turned away to be sent again',
    labelNames: ['outcome'],
    registers: [registry],
  })
  const commits = new Histogram({
    name: 'valence_events_per_commit',
    help: 'Webhooks that were stored by one transaction',
    buckets: [1, 2, 4, 8, 16, 32, 64],
    registers: [registry],
  })
  const records = new Counter({
    name: 'valence_usage_records_total',
    help: 'Records of the usage log by outcome; what is spilled to the file is stored later',
    labelNames: ['outcome'],
    registers: [registry],
  })
  const bulkRows = new Counter({
    name: 'valence_bulk_rows_total',
    help: 'Rows that bulk jobs dealt with, by outcome; uncertain: nobody knows whether it was written',
    labelNames: ['direction', 'outcome'],
    registers: [registry],
  })
  const formulaSteps = new Counter({
    name: 'valence_formula_steps_total',
    help: 'Steps of formulas that were visited',
    registers: [registry],
  })
  const formulaEnds = new Counter({
    name: 'valence_formula_executions_total',
    help: 'Executions of formulas that ended here, by how they ended',
    labelNames: ['status'],
    registers: [registry],
  })
  return {
    registry,
    callFinished: ({ element, method, status, ms }) => calls.observe({ element, method, status }, ms / 1000),
    sent: ({ method, status, ms }) => upstream.observe({ method, status: status ?? 0 }, ms / 1000),
    refreshed: (labels) => refreshes.inc(labels),
    mapped({ script, records: count }) {
      if (!script) return
      scripted.inc({ outcome: 'ok' }, Math.max(0, count - script.failed))
      if (script.failed > 0) scripted.inc({ outcome: script.isLate ? 'late' : 'failed' }, script.failed)
    },
    ran: ({ queue, outcome, ms }) => jobs.observe({ queue, outcome }, ms / 1000),
    watchJobs(read) {
      // both gauges are collected at once: one question for both
      let asked: Promise<QueueDepth[]> | undefined
      const depths = () => {
        asked ??= read().finally(() => {
          asked = undefined
        })
        return asked
      }
      /** Without the database the queues are not known; everything else is shown all the same. */
      const collected = (set: (gauge: Gauge, depth: QueueDepth) => void) =>
        async function collect(this: Gauge) {
          this.reset()
          for (const depth of await depths().catch(() => [])) set(this, depth)
        }
      new Gauge({
        name: 'valence_jobs_oldest_seconds',
        help: 'How long the oldest job that is ready has waited',
        labelNames: ['queue'],
        registers: [registry],
        collect: collected((gauge, { queue, oldestSeconds }) => gauge.set({ queue }, oldestSeconds)),
      })
      new Gauge({
        name: 'valence_jobs',
        help: 'Jobs by queue and state, some seconds old; those of the queue "parked" failed too often',
        labelNames: ['queue', 'state'],
        registers: [registry],
        collect: collected((gauge, { queue, oldestSeconds: _seconds, ...states }) => {
          for (const [state, count] of Object.entries(states)) gauge.set({ queue, state }, count)
        }),
      })
    },
    attempted: ({ outcome, ms }) => attempts.observe({ outcome }, ms / 1000),
    arrived: (outcome) => arrivals.inc({ outcome }),
    committed: (events) => commits.observe(events),
    watchIntake(read) {
      gauge('valence_events_waiting', 'Webhooks that wait to be stored', () => read().waiting)
      gauge('valence_events_waiting_bytes', 'Their bodies', () => read().bytes)
    },
    bulkTurn({ direction, done, failed, uncertain }) {
      for (const [outcome, rows] of Object.entries({ done, failed, uncertain }))
        if (rows > 0) bulkRows.inc({ direction, outcome }, rows)
    },
    watchBulk(read) {
      new Gauge({
        name: 'valence_bulk_jobs',
        help: 'Bulk jobs that have not ended, in all processes',
        labelNames: ['direction', 'status'],
        registers: [registry],
        async collect() {
          this.reset()
          // without the database nobody knows; everything else is shown all the same
          for (const { direction, status, count } of await read().catch(() => []))
            this.set({ direction, status }, count)
        },
      })
    },
    formulaTurn({ steps, end }) {
      formulaSteps.inc(steps)
      if (end !== undefined) formulaEnds.inc({ status: end })
    },
    watchFormulas(read) {
      new Gauge({
        name: 'valence_formula_executions_open',
        help: 'Executions of formulas that have not ended, in all processes',
        labelNames: ['status'],
        registers: [registry],
        async collect() {
          this.reset()
          for (const { status, count } of await read().catch(() => [])) this.set({ status }, count)
        },
      })
    },
    recorded: (outcome, count) => records.inc({ outcome }, count),
    watchUsage(read) {
      gauge('valence_usage_records_waiting', 'Records of the usage log in memory', () => read().waiting)
      gauge('valence_usage_spill_bytes', 'Records of the usage log that wait in a file', () => read().spillBytes)
    },
    watchPools(read) {
      new Gauge({
        name: 'valence_database_connections',
        help: 'Database connections and callers that wait for one',
        labelNames: ['pool', 'state'],
        registers: [registry],
        collect() {
          for (const [pool, { max, total, idle, waiting }] of Object.entries(read())) {
            for (const [state, value] of Object.entries({ max, total, idle, waiting })) this.set({ pool, state }, value)
          }
        },
      })
    },
  }

  function gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read())
      },
    })
  }
}
