import { ValenceError } from '../errors.ts'
import { whenAborted } from '../model/when-aborted.ts'
import { type DescribedCall, describeCall, describeRecords, describeStep } from './describe-call.ts'
import { FAIRNESS, LIMITS } from './limits.ts'
import { createOwnerQueue, type OwnerLoad } from './owner-queue.ts'
import { mayRunMore } from './owner-share.ts'
import { noRecords, readOutcome, readRecords } from './read-outcome.ts'
import { failedStep, readStep } from './read-step-outcome.ts'
import { runnerCommand } from './runner-command.ts'
import { createRunnerPool, type TakenRunner } from './runner-pool.ts'
import type { OnHttp, RunnerOutcome } from './runner-process.ts'
import type { RecordScript, Sandbox, SandboxOptions, ScriptCall, StepScript } from './sandbox.ts'
import { createScriptHttp } from './script-http.ts'

type AnyCall = ScriptCall | RecordScript | StepScript

interface Waiting {
  call: AnyCall
  described: DescribedCall
  /** @throws ValenceError of a script that failed */
  read(outcome: RunnerOutcome): void
  reject(error: unknown): void
  patience: NodeJS.Timeout
  /** of a script that runs: ends it */
  stop?: () => void
}

/**
 * Starts the sandbox: `owner-queue` says who is next, `runner-pool` where, `runner-process` talks to the process in
 * which the script runs, `read-outcome` tells the caller.
 */
export function createSandbox(options: SandboxOptions): Sandbox {
  const queue = createOwnerQueue<Waiting>(FAIRNESS)
  const scriptHttp = createScriptHttp(options.http)
  const active = new Set<{ owner: string; runner: TakenRunner }>()
  let isClosed = false
  const pool = createRunnerPool({
    command: runnerCommand(),
    warm: options.runners,
    log: options.log,
    onChange: () => pump(),
    onBroken: (reason) => rejectWaiting(`no script can run, the runner does not start: ${reason}`),
  })

  /** Starts what may start, and lets the pool know whether somebody still waits. */
  function pump(): void {
    while (!isClosed && pool.idle() > 0) {
      const chosen = queue.next(mayRun)
      if (!chosen) break
      clearTimeout(chosen.entry.patience)
      void execute(chosen.owner, chosen.entry, pool.take()!)
    }
    pool.refill(
      queue.waiting() > 0,
      queue.someWait((line) => depthOf(line) > 0),
    )
  }

  function mayRun({ owner, running }: OwnerLoad): boolean {
    const holdsLong = [...active].some((one) => one.owner === owner && one.runner.isHeld)
    const [depth, account] = [depthOf(owner), accountOf(owner)]
    const total = [...active].filter((one) => accountOf(one.owner) === account).length
    return mayRunMore({ running, total, holdsLong, depth, idle: pool.idle(), taken: active.size, most: pool.most })
  }

  async function execute(owner: string, waiting: Waiting, runner: TakenRunner) {
    const { call, described, read, reject } = waiting
    const entry = { owner, runner }
    active.add(entry)
    waiting.stop = runner.stop
    const http = described.message.step === undefined ? scriptHttp.ofScript(owner, described.message) : NO_HTTP
    const outcome = await runner.run(described.message, described.variables, http.onHttp)
    active.delete(entry)
    delete waiting.stop
    queue.finished(owner)
    try {
      if (outcome.type === 'lost') {
        if (isClosed) throw unavailable(call, CLOSED)
        options.log.warn({ owner, reason: outcome.reason }, 'a script runner was lost')
      }
      read(outcome)
    } catch (error) {
      http.abort()
      reject(error)
    }
    pump()
  }

  function rejectWaiting(reason: string): void {
    for (const { call, reject, patience } of queue.clear()) {
      clearTimeout(patience)
      reject(unavailable(call, reason))
    }
  }

  function enqueue<T>(call: AnyCall, described: DescribedCall, read: (outcome: RunnerOutcome) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const line = lineOf(call)
      const giveUp = () => {
        if (queue.remove(line, entry)) entry.reject(busy(call, `it waited ${LIMITS.timeoutMs / 1000} s for a runner`))
      }
      const patience = setTimeout(giveUp, LIMITS.timeoutMs)
      const { signal } = call as Partial<StepScript>
      const entry: Waiting = {
        ...{ call, described, patience },
        read(outcome) {
          letGo()
          resolve(read(outcome))
        },
        reject(error) {
          letGo()
          reject(error)
        },
      }
      const letGo = whenAborted(signal, () => {
        if (queue.remove(line, entry)) clearTimeout(patience)
        entry.stop?.()
        entry.reject(signal?.reason)
      })
      if (queue.add(line, entry, described.variables.length)) return pump()
      clearTimeout(patience)
      entry.reject(busy(call, `${queue.load(line).waiting} scripts of this account wait already`))
    })
  }

  return {
    async run(call) {
      if (isClosed) throw unavailable(call, CLOSED)
      return enqueue(call, describeCall(call), (outcome) => readOutcome(call, outcome))
    },
    async runRecords(call) {
      if (isClosed) throw unavailable(call, CLOSED)
      const described = orFailure(() => describeRecords(call))
      if (described instanceof ValenceError) return noRecords(described.message)
      return enqueue(call, described, (outcome) => readRecords(call, outcome))
    },
    async runStep(call) {
      call.signal?.throwIfAborted()
      if (isClosed) throw unavailable(call, CLOSED)
      const described = orFailure(() => describeStep(call))
      if (described instanceof ValenceError) return failedStep(described.message.slice(`${call.label}: `.length))
      return enqueue(call, described, readStep)
    },
    stats: () => ({
      runners: pool.size(),
      running: queue.running(),
      waiting: queue.waiting(),
      restarts: pool.restarts(),
    }),
    async close() {
      isClosed = true
      rejectWaiting(CLOSED)
      scriptHttp.close()
      await pool.close()
    },
  }
}

const CLOSED = 'scripts are no longer run'

/** Steps of formulas have steps for that; whatever is in their runner, nothing goes out from there. */
const NO_HTTP: { onHttp: OnHttp; abort(): void } = {
  onHttp: ({ id }, _body, answer) =>
    answer({ type: 'refusal', id, message: 'scripts of formulas make no HTTP calls; use a step of type httpRequest' }),
  abort: () => undefined,
}

/** A page that is too large for a script, or a script that is, is a failure of the script, as others are. */
function orFailure(describe: () => DescribedCall): DescribedCall | ValenceError {
  try {
    return describe()
  } catch (error) {
    if (error instanceof ValenceError) return error
    throw error
  }
}

/** Scripts that others wait for queue up apart: those others count against the owner's share until these are over. */
function lineOf({ owner, depth = 0 }: AnyCall): string {
  return depth === 0 ? owner : `${owner}${DEPTH}${depth}`
}

const DEPTH = ', called by its own scripts at depth '

function accountOf(line: string): string {
  return line.split(DEPTH)[0] ?? ''
}

function depthOf(line: string): number {
  return Number(line.split(DEPTH)[1] ?? 0)
}

function unavailable(call: AnyCall, why: string): ValenceError {
  return new ValenceError('UNAVAILABLE', `${call.label}: ${why}`)
}

function busy(call: AnyCall, why: string): ValenceError {
  return new ValenceError('SCRIPT_BUSY', `${call.label}: ${why}; try again later`)
}
