import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import { isObject } from '../../model/is-object.ts'
import type { FormulaContext } from '../context.ts'
import { cancelExecution } from './cancel-execution.ts'
import { type ExecutionBody, toExecutionBody } from './execution-body.ts'
import { executionOf } from './find-execution.ts'
import { dropRetry, retryExecution } from './retry-execution.ts'

/**
 * `PATCH …/executions/{id}` (spec 32 §6).
 *
 * @param body `{"status": "cancelled"}`: nothing else of an execution can be changed
 * @throws ValenceError EXECUTION_NOT_FOUND, FORBIDDEN, BODY_INVALID; EXECUTION_ENDED (400) for one that has ended
 */
export async function changeExecution(
  context: FormulaContext,
  caller: Caller,
  id: number,
  body: unknown,
): Promise<ExecutionBody> {
  await executionOf(context, caller, 'executions.cancel', id)
  const status = isObject(body) ? body['status'] : undefined
  if (status !== 'cancelled' && status !== 'canceled') {
    const got = typeof status === 'string' ? `"${status.slice(0, 40)}"` : 'none'
    throw new ValenceError('BODY_INVALID', `status: an execution can be set to "cancelled" only, got ${got}`)
  }
  await cancelExecution(context, id)
  return toExecutionBody(await executionOf(context, caller, 'executions.cancel', id))
}

/**
 * `PUT …/executions/{id}/retries` (spec 32 §7).
 * @param chain how many executions led to the call
 * @returns the execution that begins; the first one stays as it is
 * @throws ValenceError EXECUTION_NOT_FOUND, FORBIDDEN, and what `retryExecution` throws
 */
export async function repeatExecution(
  context: FormulaContext,
  caller: Caller,
  id: number,
  chain: number,
): Promise<ExecutionBody> {
  await executionOf(context, caller, 'executions.retry', id)
  const started = await retryExecution(context, id, chain)
  return toExecutionBody(await executionOf(context, caller, 'executions.retry', started.id))
}

/**
 * `DELETE …/executions/{id}/retries`: the attempt that it waits for is not made.
 * @throws ValenceError EXECUTION_NOT_FOUND, FORBIDDEN, and what `dropRetry` throws
 */
export async function dropNextAttempt(context: FormulaContext, caller: Caller, id: number): Promise<void> {
  await executionOf(context, caller, 'executions.retry', id)
  await dropRetry(context, id)
}
