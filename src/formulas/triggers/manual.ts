import { type SqlBool, sql } from 'kysely'
import type { Operation } from '../../accounts/operations.ts'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import type { FormulaContext } from '../context.ts'
import { type StartedExecution, startExecutions } from '../executions/start-execution.ts'
import { formulaDb } from '../formula-table.ts'
import { configuredId } from '../instances/configured-text.ts'
import { findFormulaInstance, type InstanceName, instanceNotFound } from '../instances/find-instance.ts'
import { assertChain } from './chain.ts'
import { readStart } from './read-start.ts'
import { assertActive, findStartable, type Startable } from './startable.ts'

type Context = Pick<FormulaContext, 'store' | 'jobs' | 'now' | 'limits' | 'authorize' | 'log'>

/** What was sent to start an instance. */
export interface SentStart {
  body: unknown
  /** how many executions led to it; nobody waits for it, so that the depth of calls begins anew */
  chain: number
}

/** An execution that began, of one instance. */
export type StartedByHand = StartedExecution & { formulaInstanceId: number; eventId?: string | undefined }

/**
 * Starts an instance by hand, whatever its trigger (spec 32 §2).
 *
 * @returns one for each object of an event, otherwise one
 * @throws ValenceError FORMULA_INSTANCE_NOT_FOUND (404), FORBIDDEN (403), FORMULA_INACTIVE, FORMULA_INVALID, BODY_INVALID (400), BODY_TOO_LARGE (413),
 * CALLS_TOO_DEEP, TOO_MANY (429)
 */
export async function startByHand(
  context: Context,
  caller: Caller,
  name: InstanceName,
  { body, chain }: SentStart,
): Promise<StartedByHand[]> {
  const found = await findToStart(context, caller, 'executions.start', name)
  assertActive(found)
  assertSize(context, body)
  assertChain(chain, `Formula instance ${name.id}`)
  const { formula, instance, parts } = found
  const { triggerNumber, contexts, eventId } = readStart(parts.triggers, body, ({ properties }) =>
    configuredId(properties['elementInstanceId'], instance.values.configuration),
  )
  const started = await context.store.changes.transaction((trx, publish) =>
    startExecutions(
      context,
      trx,
      publish,
      contexts.map(({ trigger, objectId }) => ({
        ...{ formula, instance, trigger, objectId, eventId, triggerNumber, chain },
        startedBy: 'manual',
      })),
    ),
  )
  return started.map((one) => ({ ...one, formulaInstanceId: instance.id, eventId }))
}

/** @throws ValenceError FORMULA_INSTANCE_NOT_FOUND (404), FORBIDDEN (403), FORMULA_INVALID for a formula that nothing can start */
export async function findToStart(
  context: Pick<FormulaContext, 'store' | 'authorize' | 'log'>,
  caller: Caller,
  operation: Operation,
  name: InstanceName,
): Promise<Startable> {
  const { id } = await findFormulaInstance(context, caller, operation, name)
  const [found] = await findStartable(context, formulaDb(context.store), sql<SqlBool>`instance.id = ${id}`)
  if (!found) throw instanceNotFound(id, name.formulaId)
  if (found.parts.triggers.length === 0)
    throw new ValenceError(
      'FORMULA_INVALID',
      `Formula "${found.name}" has no trigger; add one, of type manual for calls`,
    )
  return found
}

/**
 * What an execution begins with is kept with it (spec 32 §9).
 * @throws ValenceError BODY_TOO_LARGE (413)
 */
export function assertSize({ limits }: Pick<FormulaContext, 'limits'>, body: unknown): void {
  const size = body === undefined ? 0 : Buffer.byteLength(JSON.stringify(body))
  if (size <= limits.triggerBytes) return
  throw new ValenceError(
    'BODY_TOO_LARGE',
    `What starts a formula may have ${limits.triggerBytes} bytes as JSON, and this has ${size}`,
  )
}
