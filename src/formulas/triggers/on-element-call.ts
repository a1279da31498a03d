import { type SqlBool, sql } from 'kysely'
import type { Instance } from '../../instances/instance.ts'
import type { ResourceCall } from '../../model/exchange.ts'
import type { FormulaContext } from '../context.ts'
import { type ExecutionToStart, startExecutions } from '../executions/start-execution.ts'
import { inFormulas } from '../formula-table.ts'
import { CHAIN_HEADER, MAX_CHAIN, readChain } from './chain.ts'
import type { Listener } from './listeners.ts'
import { type AnsweredCall, requestTrigger } from './request-trigger.ts'
import { findStartable } from './startable.ts'

/** A call that somebody listens to, answered. */
export interface HeardCall {
  instance: Pick<Instance, 'id' | 'accountId'>
  call: ResourceCall
  answer: AnsweredCall
  listeners: readonly Listener[]
}

export interface CallStarts {
  /** Never waits and never throws: the call is over, and must not know. */
  add(heard: HeardCall): void
  /** what was added has started */
  close(): Promise<void>
}

type Context = Pick<FormulaContext, 'store' | 'jobs' | 'now' | 'limits' | 'log'>

/** Calls hold their answers until then. */
const MOST_WAITING = 500
const BATCH = 25
const ATTEMPTS = 5
const RETRY_MS = 500

/**
 * Starts what listens to calls of element instances (spec 32 §2), after these were answered, many in one transaction. Between its answer and its
 * execution a call is in the memory of this process alone: one that dies then starts nothing for it. When the database is away for longer, or more
 * calls wait than a process can hold, the log says which have started nothing.
 */
export function createCallStarts(context: Context): CallStarts {
  const waiting: HeardCall[] = []
  let working: Promise<void> | undefined
  let dropped = 0

  return {
    add(heard) {
      if (waiting.length >= MOST_WAITING) return noteDropped(heard)
      waiting.push(heard)
      working ??= work().finally(() => {
        working = undefined
      })
    },
    async close() {
      await working
    },
  }

  async function work(): Promise<void> {
    // after the answer
    await new Promise((resolve) => setImmediate(resolve))
    while (waiting.length > 0) await startBatch(waiting.splice(0, BATCH))
  }

  async function startBatch(batch: readonly HeardCall[], first = 1): Promise<void> {
    for (let attempt = first; ; attempt++) {
      try {
        return await start(context, batch)
      } catch (error) {
        if (attempt < ATTEMPTS) {
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS * attempt))
          continue
        }
        // one that cannot be stored does not take the others with it
        if (batch.length > 1) {
          for (const one of batch) await startBatch([one], ATTEMPTS)
          return
        }
        const calls = batch.map(({ instance, call }) => `${call.method} ${call.path} of ${instance.id}`)
        context.log.error({ err: error, calls }, 'calls that formulas listen to have started nothing')
        return
      }
    }
  }

  /** One line for a thousand: whoever makes so many calls would fill the log. */
  function noteDropped({ instance, call }: HeardCall): void {
    if (dropped++ % 1000 > 0) return
    const facts = { instance: instance.id, method: call.method, path: call.path, dropped }
    context.log.warn(facts, 'calls that formulas listen to come faster than executions can be stored')
  }
}

async function start(context: Context, batch: readonly HeardCall[]): Promise<void> {
  const { store, limits } = context
  const ids = [...new Set(batch.flatMap(({ listeners }) => listeners.map((one) => one.formula_instance_id)))]
  await store.changes.transaction(async (trx, publish) => {
    const found = await findStartable(context, inFormulas(trx), sql<SqlBool>`instance.id = any(${ids}::integer[])`)
    const startable = new Map(found.map((one) => [one.instance.id, one]))
    const starts = batch.flatMap(({ instance, call, answer, listeners }): ExecutionToStart[] => {
      const trigger = requestTrigger(call, answer, limits.triggerBytes)
      const chain = readChain(call.headers[CHAIN_HEADER])
      return listeners.flatMap(({ formula_instance_id, number }) => {
        const one = startable.get(formula_instance_id)
        if (!one || one.inactive !== undefined || one.instance.account_id !== instance.accountId) return []
        if (chain > MAX_CHAIN || isOwnCall(call, one.formula.id)) return []
        const { formula, instance: of } = one
        return [{ formula, instance: of, trigger, triggerNumber: number, startedBy: 'elementRequest', chain }]
      })
    })
    await startExecutions(context, trx, publish, starts)
  })
}

/** A formula that listens to what it asks itself would start itself with every run. */
function isOwnCall({ headers }: ResourceCall, formulaId: number): boolean {
  return headers['elements-formula-id'] === String(formulaId)
}
