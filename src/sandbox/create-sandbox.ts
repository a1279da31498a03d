import { ValenceError } from '../errors.ts'
import { type DescribedCall, describeCall } from './describe-call.ts'
import { FAIRNESS, LIMITS } from './limits.ts'
import { createOwnerQueue, type OwnerLoad } from './owner-queue.ts'
import { mayRunMore } from './owner-share.ts'
import { readOutcome } from './read-outcome.ts'
import { runnerCommand } from './runner-command.ts'
import { createRunnerPool, type TakenRunner } from './runner-pool.ts'
import type { Sandbox, SandboxOptions, ScriptCall, ScriptResult } from './sandbox.ts'
import { createScriptHttp } from './script-http.ts'

interface Waiting {
  call: ScriptCall
  described: DescribedCall
  resolve(result: ScriptResult): void
  reject(error: Error): void
  patience: NodeJS.Timeout
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
    pool.refill(queue.waiting() > 0)
  }

  function mayRun({ owner, running }: OwnerLoad): boolean {
    const holdsLong = [...active].some((one) => one.owner === owner && one.runner.isHeld)
    return mayRunMore({ running, holdsLong, idle: pool.idle(), taken: active.size, most: pool.most })
  }

  async function execute(owner: string, { call, described, resolve, reject }: Waiting, runner: TakenRunner) {
    const entry = { owner, runner }
    active.add(entry)
    const http = scriptHttp.ofScript(owner, described.message.timeoutMs)
    const outcome = await runner.run(described.message, described.variables, http.onHttp)
    active.delete(entry)
    queue.finished(owner)
    try {
      if (outcome.type === 'lost') {
        if (isClosed) throw unavailable(call, CLOSED)
        options.log.warn({ owner, reason: outcome.reason }, 'a script runner was lost')
      }
      resolve(readOutcome(call, outcome))
    } catch (error) {
      http.abort()
      reject(error as Error)
    }
    pump()
  }

  function rejectWaiting(reason: string): void {
    for (const { call, reject, patience } of queue.clear()) {
      clearTimeout(patience)
      reject(unavailable(call, reason))
    }
  }

  function enqueue(call: ScriptCall, described: DescribedCall): Promise<ScriptResult> {
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        if (queue.remove(call.owner, entry)) reject(busy(call, `it waited ${LIMITS.timeoutMs / 1000} s for a runner`))
      }
      const entry: Waiting = { call, described, resolve, reject, patience: setTimeout(giveUp, LIMITS.timeoutMs) }
      if (queue.add(call.owner, entry, described.variables.length)) return pump()
      clearTimeout(entry.patience)
      reject(busy(call, `${queue.load(call.owner).waiting} scripts of this account wait already`))
    })
  }

  return {
    async run(call) {
      if (isClosed) throw unavailable(call, CLOSED)
      return enqueue(call, describeCall(call))
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

function unavailable(call: ScriptCall, why: string): ValenceError {
  return new ValenceError('UNAVAILABLE', `${call.label}: ${why}`)
}

function busy(call: ScriptCall, why: string): ValenceError {
  return new ValenceError('SCRIPT_BUSY', `${call.label}: ${why}; try again later`)
}
