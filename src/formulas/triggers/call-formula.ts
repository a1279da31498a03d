import { sql } from 'kysely'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import type { FormulaContext } from '../context.ts'
import { awaitEnd, type EndedExecution } from '../executions/await-end.ts'
import { type StartedExecution, startExecutions } from '../executions/start-execution.ts'
import { formulaDb } from '../formula-table.ts'
import { assertChain } from './chain.ts'
import { assertSize, findToStart } from './manual.ts'
import type { Preference } from './prefer.ts'
import { answerOf, type FormulaAnswer } from './resource-answer.ts'
import { type ResourceRequest, resourceArgs } from './resource-args.ts'
import { assertActive, type Startable } from './startable.ts'
import { toStartedBody } from './started-body.ts'

/** How a formula is called. */
export interface FormulaCall {
  request: ResourceRequest
  prefer: Preference
  /** how many executions led to it */
  chain: number
  /** how many calls of the hub wait for it */
  depth: number
}

/**
 * A formula at its own address (spec 30 §5.1), or at that of an instance (§5.4).
 *
 * @throws ValenceError FORMULA_INSTANCE_NOT_FOUND (404), FORBIDDEN (403), PARAMETER_INVALID (400) for another method or path, and as `runForAnswer`
 */
export async function callFormula(
  context: FormulaContext,
  caller: Caller,
  formulaInstanceId: number,
  call: FormulaCall,
): Promise<FormulaAnswer> {
  const found = await findToStart(context, caller, 'formulaResources.call', { id: formulaInstanceId })
  assertAddress(found, call.request)
  return runForAnswer(context, found, call)
}

function assertAddress({ instance, resource, ownResource }: Startable, { method, path }: ResourceRequest): void {
  const addresses = [ownResource, resource].filter((address) => address !== null)
  if (addresses.some((address) => address.method === method && sameUri(address.uri, path))) return
  const known = addresses.map((address) => `${address.method} ${address.uri}`).join(' and ')
  throw new ValenceError(
    'PARAMETER_INVALID',
    `Formula instance ${instance.id} ${known === '' ? 'is no resource: its formula has no method and uri' : `answers ${known}`}, not ${method} ${path}`,
  )
}

function sameUri(uri: string, path: string): boolean {
  const [wanted, asked] = [uri, path].map((one) => one.replace(/\/+$/, ''))
  return wanted === asked || wanted === decoded(asked ?? '')
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/**
 * Whether an instance that the caller may use answers there: then a call without the header was meant for it.
 */
export async function isFormulaAddress(
  { store }: Pick<FormulaContext, 'store'>,
  { accountId }: Pick<Caller, 'accountId'>,
  { method, path }: Pick<ResourceRequest, 'method' | 'path'>,
): Promise<boolean> {
  const { rows } = await sql`
    select from formula_instances instance join formulas formula on formula.id = instance.formula_id
    where instance.account_id = ${accountId}
      and ((formula.method = ${method} and formula.uri = ${path}) or (api_method = ${method} and api_uri = ${path}))
    limit 1`.execute(formulaDb(store))
  return rows.length > 0
}

/**
 * Starts an execution and waits for its end, or as long as the caller wants to (spec 30 §5.3). The execution goes on, whoever waits no longer.
 *
 * @returns 202 with the execution for a caller who prefers not to wait
 * @throws ValenceError FORMULA_INACTIVE (400), BODY_TOO_LARGE (413), CALLS_TOO_DEEP, TOO_MANY (429), FORMULA_TOOK_TOO_LONG (408), FORMULA_FAILED (500)
 */
export async function runForAnswer(
  context: FormulaContext,
  found: Startable,
  { request, prefer, chain, depth }: FormulaCall,
): Promise<FormulaAnswer> {
  assertActive(found)
  assertSize(context, request.body)
  const { formula, instance, parts } = found
  assertChain(chain, `Formula "${found.name}"`)
  const waitMs = prefer.isAsync ? prefer.waitMs : context.limits.answerMs
  const triggerNumber = Math.max(
    0,
    parts.triggers.findIndex(({ type }) => type === 'manual'),
  )
  const [started] = await context.store.changes.transaction((trx, publish) =>
    startExecutions(context, trx, publish, [
      {
        ...{ formula, instance, triggerNumber, chain, startedBy: 'api' },
        trigger: { args: resourceArgs(request) },
        ...(waitMs > 0 ? { depth, isAwaited: true } : {}),
      },
    ]),
  )
  if (!started) throw new ValenceError('INTERNAL', 'an execution was started and is not there')
  const ended = waitMs > 0 ? await awaitEnd(context, started.id, Math.min(waitMs, context.limits.answerMs)) : undefined
  if (!ended && prefer.isAsync) return accepted(started, instance.id)
  if (!ended) throw tookTooLong(context, found, started.id)
  return answerOfEnd(found, ended)
}

/** What failed last has nothing to answer with; what failed before, the formula has dealt with. */
function answerOfEnd({ name }: Startable, { id, status, lastFailed, error, reply }: EndedExecution): FormulaAnswer {
  if (status === 'cancelled') throw failed(`Execution ${id} of formula "${name}" was cancelled`)
  if (lastFailed) throw failed(`Execution ${id} of formula "${name}" failed: ${error ?? 'its last step did'}`)
  return answerOf(reply)
}

function failed(message: string): ValenceError {
  return new ValenceError('FORMULA_FAILED', message)
}

/** As a start by hand answers it, and where to ask for it. */
function accepted(started: StartedExecution, formulaInstanceId: number): FormulaAnswer {
  return {
    status: 202,
    headers: {
      'preference-applied': 'respond-async',
      location: `/elements/api-v2/formulas/instances/executions/${started.id}`,
    },
    body: toStartedBody({ ...started, formulaInstanceId }),
  }
}

function tookTooLong({ limits }: FormulaContext, { name }: Startable, id: number): ValenceError {
  return new ValenceError(
    'FORMULA_TOOK_TOO_LONG',
    `Formula "${name}" did not come to its end within ${limits.answerMs / 1000} s; its execution ${id} goes on, and GET /formulas/instances/executions/${id} shows it`,
  )
}
