import type { OnEvents } from '../events/process-context.ts'
import type { FormulaContext } from '../formulas/context.ts'
import { answerWithFormulas } from '../formulas/triggers/answer-calls.ts'
import { createListeners } from '../formulas/triggers/listeners.ts'
import { createCallStarts } from '../formulas/triggers/on-element-call.ts'
import { startOnEvents } from '../formulas/triggers/on-events.ts'
import { startOnSchedule } from '../formulas/triggers/on-schedule.ts'
import { watchCalls } from '../formulas/triggers/watch-calls.ts'
import { callDepth } from '../http/call-depth.ts'
import type { CallInstance } from '../instances/call.ts'
import type { RunKind } from '../schedules/context.ts'

/** What starts formulas by itself, as the rooms ask for it that know when. */
export interface FormulaTriggers {
  onEvents: OnEvents
  runSchedule: RunKind
  /** @returns the same for callers, with formulas that listen and formulas that answer */
  answerCalls(call: CallInstance): CallInstance
}

export function composeTriggers(context: FormulaContext, opened: AsyncDisposableStack): FormulaTriggers {
  const listeners = createListeners(context)
  const starts = createCallStarts(context)
  opened.defer(() => starts.close())
  return {
    onEvents: (trx, publish, told) =>
      startOnEvents(
        context,
        listeners,
        trx,
        publish,
        told.map(({ eventId, instance: { id, accountId }, message: { events }, body }) => ({
          ...{ eventId, elementInstanceId: id, accountId, events, body },
        })),
      ),
    runSchedule: ({ reference, dueAt }) => startOnSchedule(context, Number(reference), dueAt),
    answerCalls: (call) => watchCalls(context, listeners, starts, answerWithFormulas(context, callDepth, call)),
  }
}
