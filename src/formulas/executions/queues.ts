import { accountGroup } from '../../jobs/account-group.ts'
import type { Wake } from '../../jobs/jobs.ts'
import type { ExecutionRow } from './execution-table.ts'

/**
 * Work at executions. A key is one execution, `e17`, or an instance whose executions go one after the other, `i5`: it works at the oldest one that
 * has not ended. `r17`: the next attempt of 17 is due, and is an execution of its own.
 */
export const RUN_QUEUE = 'formulas.run'
/** calls of the hub that wait for each other; more are refused */
const DEEPEST = 10
/**
 * Of those that somebody waits for: they have places of their own. What waits for another one holds its place until that has come to its end, and so
 * the other one has a place of another queue, by the number of calls that wait for it: were there one queue for all of them, those that wait could
 * take it up for those that they wait for.
 */
export const ANSWER_QUEUES = Array.from({ length: DEEPEST + 1 }, (_, depth) =>
  depth === 0 ? 'formulas.answer' : `formulas.answer-${depth}`,
)
/** Webhooks that tell of failures; keys are `<execution>.<attempt>`. */
export const FAILURE_QUEUE = 'formulas.failure'

export interface ExecutionWake extends Wake {
  queue: string
}

export const WAKING = [
  ...(['id', 'account_id', 'formula_instance_id', 'is_single_threaded', 'is_awaited', 'depth'] as const),
] as const

type Waking = Pick<ExecutionRow, (typeof WAKING)[number]>

/** What brings an execution to its next step, @param at not before */
export function wakeOf(execution: Waking, at?: Date): ExecutionWake {
  const { id, account_id, formula_instance_id, is_single_threaded, is_awaited, depth } = execution
  return {
    // one key in two queues could run in both at once
    queue: is_awaited && !is_single_threaded ? (ANSWER_QUEUES[Math.min(depth, DEEPEST)] as string) : RUN_QUEUE,
    key: is_single_threaded ? `i${formula_instance_id}` : `e${id}`,
    group: accountGroup(account_id),
    ...(at === undefined ? {} : { at }),
  }
}

/** By queue, each with its keys once, as `jobs.wake` takes them. */
export function byQueue(wakes: readonly ExecutionWake[]): Map<string, Wake[]> {
  const sorted = new Map<string, Map<string, Wake>>()
  for (const { queue, ...wake } of wakes) {
    const keys = sorted.get(queue) ?? new Map<string, Wake>()
    sorted.set(queue, keys.set(`${wake.key} ${wake.at?.getTime() ?? 0}`, wake))
  }
  return new Map([...sorted].map(([queue, keys]) => [queue, [...keys.values()]]))
}
