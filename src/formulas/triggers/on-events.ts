import { type SqlBool, sql, type Transaction } from 'kysely'
import type { Publish } from '../../store/changes.ts'
import type { FormulaContext } from '../context.ts'
import { type ExecutionToStart, startExecutions } from '../executions/start-execution.ts'
import { inFormulas } from '../formula-table.ts'
import { eventTriggers } from './event-trigger.ts'
import type { Listener, Listeners } from './listeners.ts'
import { findStartable, type Startable } from './startable.ts'

/** An event of an element instance that its receivers are told of. */
export interface FiredEvent {
  eventId: string
  elementInstanceId: number
  accountId: number
  events: readonly Readonly<Record<string, unknown>>[]
  /** what receivers get, as JSON */
  body: string
}

/**
 * Starts what listens to events: one execution for each object of an event (spec 31 §1), in the transaction that says that the event was
 * processed, so that each event starts what it starts once. What is not active is not started, in silence (spec 32 §2).
 */
export async function startOnEvents<DB>(
  context: Pick<FormulaContext, 'store' | 'jobs' | 'now' | 'limits' | 'log' | 'noteEvents'>,
  listeners: Listeners,
  anyTrx: Transaction<DB>,
  publish: Publish,
  fired: readonly FiredEvent[],
): Promise<void> {
  const starts: (ExecutionToStart & { fired: FiredEvent })[] = []
  const trx = inFormulas(anyTrx)
  const byInstance = Map.groupBy(fired, ({ elementInstanceId }) => elementInstanceId)
  for (const [elementInstanceId, events] of byInstance) {
    const heard = (await listeners.of(elementInstanceId)).filter(({ type }) => type === 'event')
    if (heard.length === 0) continue
    const startable = await activeOf(context, trx, heard, events[0]?.accountId ?? 0)
    for (const event of events) starts.push(...startsOf(event, heard, startable))
  }
  if (starts.length === 0) return
  const started = await startExecutions(context, trx, publish, starts)
  const ids = Map.groupBy(started.keys(), (at) => starts[at]?.fired as FiredEvent)
  await context.noteEvents(
    trx,
    [...ids].map(([{ eventId, elementInstanceId, accountId }, places]) => ({
      ...{ eventId, elementInstanceId, accountId },
      message: `Triggered executions ${inWords([...places].map((at) => started[at]?.id ?? 0))}`,
    })),
  )
}

type Context = Pick<FormulaContext, 'store' | 'log'>

async function activeOf(
  context: Context,
  trx: ReturnType<typeof inFormulas>,
  heard: readonly Listener[],
  accountId: number,
): Promise<ReadonlyMap<number, Startable>> {
  const ids = heard.map(({ formula_instance_id }) => formula_instance_id)
  const found = await findStartable(
    context,
    trx,
    sql<SqlBool>`instance.id = any(${ids}::integer[]) and instance.account_id = ${accountId}`,
  )
  return new Map(found.filter(({ inactive }) => inactive === undefined).map((one) => [one.instance.id, one]))
}

function startsOf(
  fired: FiredEvent,
  heard: readonly Listener[],
  startable: ReadonlyMap<number, Startable>,
): (ExecutionToStart & { fired: FiredEvent })[] {
  const { eventId, elementInstanceId, events } = fired
  const body = JSON.parse(fired.body) as Record<string, unknown>
  const contexts = eventTriggers({ eventId, elementInstanceId, events, body, bodyChars: fired.body.length })
  return heard.flatMap(({ formula_instance_id, number }) => {
    const found = startable.get(formula_instance_id)
    if (!found) return []
    const { formula, instance } = found
    return contexts.map(({ trigger, objectId }) => ({
      ...{ fired, formula, instance, trigger, objectId, eventId },
      ...{ startedBy: 'event' as const, triggerNumber: number },
    }))
  })
}

/** So many are named. */
const NAMED = 100

function inWords(ids: readonly number[]): string {
  const more = ids.length > NAMED ? ` and ${ids.length - NAMED} more` : ''
  return ids.slice(0, NAMED).join(', ') + more
}
