import { sql, type Transaction } from 'kysely'
import { ValenceError } from '../../errors.ts'
import { accountGroup } from '../../jobs/account-group.ts'
import { readAddresses } from '../../notifications/mail-addresses.ts'
import { notify } from '../../notifications/notify.ts'
import { mailsLeft, sendMail } from '../../notifications/send-mail.ts'
import type { Publish } from '../../store/changes.ts'
import type { FormulaContext } from '../context.ts'
import type { FormulaInstanceRow, FormulaTables } from '../formula-table.ts'
import { deactivateInstance } from '../instances/deactivate.ts'
import { openValues } from '../instances/open-instance.ts'
import { FAILURE_QUEUE } from './queues.ts'
import { ownerOf } from './step-mails.ts'
import type { EndingExecution } from './take.ts'

/** So many failures in a row, without a success between them, and an instance is switched off; half as many, and its owner is warned (spec 32 §8.2). */
const MOST_FAILURES = 100
const WARN_AFTER = MOST_FAILURES / 2
/** what people are told by */
const GUARD_TOPIC = 'threat-level-midnight'

type Trx = Transaction<FormulaTables>

/** Rows of instances that will change, in the one order in which everybody locks them. */
export async function lockCounted(
  trx: Trx,
  succeeded: readonly EndingExecution[],
  failed: readonly EndingExecution[],
): Promise<void> {
  if (failed.length === 0) return
  await sql`
    select from formula_instances
    where id = any(${instancesOf(failed)}::int[]) or (id = any(${instancesOf(succeeded)}::int[]) and consecutive_errors > 0)
    order by id for no key update`.execute(trx)
}

/** An execution that succeeded makes its instance sound again. */
export async function noteSuccesses(trx: Trx, ended: readonly EndingExecution[]): Promise<void> {
  const ids = instancesOf(ended)
  if (ids.length === 0) return
  await sql`/* kept:formulas.succeeded */
    with sick as (
      select id from formula_instances where id = any(${ids}::int[]) and consecutive_errors > 0 order by id for no key update
    )
    update formula_instances i set consecutive_errors = 0, first_error_at = null, error_warnings = 0
    from sick where i.id = sick.id`.execute(trx)
}

/** Counts executions that failed, tells whoever the instance says, and switches off an instance that fails and fails. */
export async function noteFailures(
  context: FormulaContext,
  trx: Trx,
  publish: Publish,
  ended: readonly EndingExecution[],
): Promise<void> {
  for (const id of instancesOf(ended)) {
    const failed = ended.filter(({ formula_instance_id }) => formula_instance_id === id)
    const instance = await trx
      .updateTable('formula_instances')
      .set(({ eb }) => ({
        consecutive_errors: eb('consecutive_errors', '+', failed.length),
        first_error_at: sql<Date>`coalesce(first_error_at, ${context.now()})`,
      }))
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirst()
    if (!instance) continue
    await tellFailures(context, trx, publish, instance, failed)
    await judge(context, trx, publish, instance, failed.length)
  }
}

function instancesOf(ended: readonly EndingExecution[]): number[] {
  return [...new Set(ended.map(({ formula_instance_id }) => formula_instance_id))].toSorted((a, b) => a - b)
}

/** @param added that failed just now: many at once may pass both marks */
async function judge(
  context: FormulaContext,
  trx: Trx,
  publish: Publish,
  instance: FormulaInstanceRow,
  added: number,
): Promise<void> {
  const { id, active, consecutive_errors, error_warnings } = instance
  if (!active) return
  const isTooMany = consecutive_errors > MOST_FAILURES
  const passesWarning = consecutive_errors > WARN_AFTER && (!isTooMany || consecutive_errors - added <= WARN_AFTER)
  if (passesWarning && error_warnings === 0) {
    await trx.updateTable('formula_instances').set({ error_warnings: 1 }).where('id', '=', id).execute()
    const warned = { ...instance, consecutive_errors: Math.min(consecutive_errors, MOST_FAILURES) }
    await alarm(context, trx, publish, warned, `will be deactivated after ${MOST_FAILURES}`)
  }
  if (!isTooMany) return
  await deactivateInstance(context, trx, publish, id)
  await alarm(context, trx, publish, instance, 'was deactivated')
}

/** Two notifications, as clients count them (spec 32 §8.2): one tells people what happened, one tells programs. */
async function alarm(
  context: FormulaContext,
  trx: Trx,
  publish: Publish,
  instance: FormulaInstanceRow,
  consequence: string,
): Promise<void> {
  const { id, name, formula_id, consecutive_errors, first_error_at } = instance
  const notice = {
    owner: ownerOf(instance),
    topic: GUARD_TOPIC,
    severity: 'high' as const,
    from: context.notifications.sender,
  }
  const text = `${consecutive_errors} executions of the formula instance "${name}" (${id}) failed in a row; it ${consequence}`
  await notify(context.notifications, trx, publish, [
    { ...notice, message: text },
    {
      ...notice,
      message: {
        ...{ formulaId: formula_id, formulaInstanceId: id, numberConsecutiveErrors: consecutive_errors },
        firstConsecutiveErrorDate: first_error_at?.toISOString(),
        active: consecutive_errors <= MOST_FAILURES,
      },
    },
  ])
}

/** By mail and by webhook, as the settings say (spec 30 §3.3). A webhook has a queue of its own: nobody waits for it. */
async function tellFailures(
  context: FormulaContext,
  trx: Trx,
  publish: Publish,
  instance: FormulaInstanceRow,
  failed: readonly EndingExecution[],
): Promise<void> {
  const settings = settingsOf(context, instance)
  const [to, webhook] = ['notification.email', 'notification.webhook.url'].map((key) => textOf(settings[key]))
  if (to) await mailFailures(context, trx, publish, instance, to, failed)
  if (!webhook) return
  const group = accountGroup(instance.account_id)
  await context.jobs.wake(
    trx,
    publish,
    FAILURE_QUEUE,
    failed.map(({ id }) => ({ key: `${id}.0`, group })),
  )
}

/** One whose values cannot be read must keep no execution from its end, neither its own nor those that end in the same transaction. */
function settingsOf({ store, log }: FormulaContext, instance: FormulaInstanceRow): Record<string, unknown> {
  try {
    return openValues(store, instance).settings
  } catch (error) {
    log.error(
      { err: error, formulaInstance: instance.id },
      'whom to tell of an execution that failed cannot be read; nobody is told',
    )
    return {}
  }
}

async function mailFailures(
  context: FormulaContext,
  trx: Trx,
  publish: Publish,
  instance: FormulaInstanceRow,
  given: string,
  failed: readonly EndingExecution[],
): Promise<void> {
  const owner = ownerOf(instance)
  const to = addressesIn(given)
  const left = await mailsLeft(trx, owner, context.now())
  if (to.length === 0 || left < failed.length) {
    context.log.warn(
      { formulaInstance: instance.id, mailsLeft: left },
      'nobody could be told by mail of an execution that failed',
    )
    return
  }
  for (const { id, formula_id } of failed) {
    await sendMail(context.notifications, trx, publish, {
      ...{ owner, to, subject: `An execution of ${instance.name} failed` },
      text: `Execution ${id} of the formula instance "${instance.name}" (${instance.id}, formula ${formula_id}) failed.\n\nGET /elements/api-v2/formulas/instances/executions/${id}/errors tells why.\n`,
    })
  }
}

/** What is wrong in a setting is nobody's failure at this place. */
function addressesIn(text: string): string[] {
  try {
    return readAddresses(text, 'notification.email')
  } catch (error) {
    if (error instanceof ValenceError) return []
    throw error
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}
