import { accountGroup } from '../../jobs/account-group.ts'
import type { JobQueue } from '../../jobs/jobs.ts'
import { postMessage } from '../../notifications/post-message.ts'
import type { FormulaContext } from '../context.ts'
import { formulaDb } from '../formula-table.ts'
import { openValues } from '../instances/open-instance.ts'
import { CHAIN_HEADER } from '../triggers/chain.ts'
import { FAILURE_QUEUE } from './queues.ts'
import { openOutcome } from './sealed-values.ts'
import { ownerOf } from './step-mails.ts'

/** minutes until the next attempt, when a receiver did not take it */
const RETRY_MINUTES = [1, 5, 30]
const MOST_ADDRESSES = 10
const MOST_STEPS = 100

/** Webhooks that the setting `notification.webhook.url` names hear of each execution that failed (spec 30 §3.3). */
export function failureQueue(context: FormulaContext): JobQueue {
  return {
    ...{ name: FAILURE_QUEUE, slots: 8, perGroup: 2 },
    async run(key) {
      const [id = 0, attempt = 0, only] = key.split('.').map(Number)
      await tell(context, id, attempt, only)
      return 'done'
    },
  }
}

/** @param only one of the addresses: the others have it */
async function tell(context: FormulaContext, id: number, attempt: number, only: number | undefined): Promise<void> {
  const db = formulaDb(context.store)
  const execution = await db.selectFrom('formula_executions').selectAll().where('id', '=', id).executeTakeFirst()
  const instance = await db
    .selectFrom('formula_instances')
    .selectAll()
    .where('id', '=', execution?.formula_instance_id ?? 0)
    .executeTakeFirst()
  if (!execution || !instance) return
  const given = String(openValues(context.store, instance).settings['notification.webhook.url'] ?? '')
  const addresses = given.split(',').map((one) => one.trim())
  const message = {
    ...{ id, depth: execution.depth, body: JSON.stringify(await bodyOf(context, execution)) },
    // the receiver may be a formula that fails as well
    ownHeaders: { [CHAIN_HEADER]: String(execution.chain + 1) },
  }
  for (const [at, address] of addresses.slice(0, MOST_ADDRESSES).entries()) {
    if (address === '' || (only !== undefined && only !== at)) continue
    const url = /^https?:|^\//i.test(address) ? address : `https://${address}`
    const owner = { ...ownerOf(instance), instanceId: undefined }
    const posted = await postMessage(context.notifications, { url }, owner, message)
    if (posted.outcome === 'delivered') continue
    context.log.info(
      { execution: id, attempt, reason: posted.message },
      'nobody took the news of an execution that failed',
    )
    await again(context, instance.account_id, `${id}.${attempt + 1}.${at}`, attempt)
  }
}

async function again(
  { store, jobs, now }: FormulaContext,
  accountId: number,
  key: string,
  attempt: number,
): Promise<void> {
  const minutes = RETRY_MINUTES[attempt]
  if (minutes === undefined) return
  const at = new Date(now().getTime() + minutes * 60_000)
  await store.changes.transaction((trx, publish) =>
    jobs.wake(trx, publish, FAILURE_QUEUE, [{ key, group: accountGroup(accountId), at }]),
  )
}

async function bodyOf(
  { store }: FormulaContext,
  {
    id,
    created_at,
    formula_id,
    formula_instance_id,
    status,
  }: {
    id: number
    created_at: Date
    formula_id: number
    formula_instance_id: number
    status: string
  },
) {
  const steps = await formulaDb(store)
    .selectFrom('formula_steps')
    .selectAll()
    .where('execution_id', '=', id)
    .where('execution_created_at', '=', created_at)
    .where('is_failure', '=', true)
    .where('is_hidden', '=', false)
    .orderBy('seq')
    .limit(MOST_STEPS)
    .execute()
  return {
    ...{ formulaId: formula_id, formulaInstanceId: formula_instance_id, formulaExecutionId: id, status },
    errors: steps.map((step) => ({
      ...{ id: step.id, stepName: step.name, status: step.status },
      stepExecutionValues: valuesOf(step.name, openOutcome(store.cipher, step)?.error),
    })),
  }
}

function valuesOf(name: string, error: string | undefined) {
  return error === undefined ? [] : [{ key: `${name}.error`, value: error }]
}
