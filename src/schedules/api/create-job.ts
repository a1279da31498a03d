import type { Transaction } from 'kysely'
import { recordChange } from '../../audit/record-change.ts'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import { nextId } from '../../store/next-id.ts'
import { checkCron } from '../check-cron.ts'
import { API_KIND, type ScheduleContext } from '../context.ts'
import { SCHEDULES_TOPIC, startOf, timingColumns } from '../put-schedule.ts'
import { callContext, inSchedules, type ScheduleTables } from '../schedule-table.ts'
import { type JobCreated, toldJob } from './job-body.ts'
import { readJobRequest } from './job-request.ts'

const MOST_JOBS = 1_000

/**
 * `POST /jobs`: a call of our own API that is made again and again in the name of the caller, with the Element token of an instance of his account
 * where one is named (spec 33 §1.2).
 *
 * @throws ValenceError PARAMETER_MISSING, BODY_INVALID, PARAMETER_INVALID (the cron, or a path that is none of the API), INSTANCE_NOT_FOUND, TOO_MANY
 */
export async function createJob(
  context: ScheduleContext,
  caller: Caller,
  body: Readonly<Record<string, unknown>>,
): Promise<JobCreated> {
  const { store, now, leastMinutes } = context
  const { name, description, call, instanceId, timeZone, ...request } = readJobRequest(body)
  context.assertApiPath(call.uri)
  const cron = checkCron(request.cron, timeZone, { now: now(), leastMinutes })
  const elementKey = instanceId === undefined ? undefined : await elementOf(context, caller, instanceId)
  return store.changes.transaction(async (plainTrx, publish) => {
    const trx = inSchedules(plainTrx)
    await assertRoom(trx, caller.accountId)
    const id = await nextId(plainTrx, 'schedules')
    const timed = { kind: API_KIND, reference: String(id), cron, timeZone }
    const row = await trx
      .insertInto('schedules')
      .values({
        id,
        kind: API_KIND,
        reference: timed.reference,
        organization_id: caller.organizationId,
        account_id: caller.accountId,
        user_id: caller.userId,
        instance_id: instanceId ?? null,
        element_key: elementKey ?? null,
        name,
        description,
        call: store.cipher.seal(JSON.stringify(call), callContext(id)),
        ...timingColumns(timed),
        ...startOf(timed, now()),
      })
      .returningAll()
      .executeTakeFirstOrThrow()
    publish({ topic: SCHEDULES_TOPIC, key: '' })
    const after = { ...toldJob(row), method: call.method, uri: call.uri }
    await recordChange(plainTrx, caller, { entity: 'job', id, action: 'create', after, ...ofInstance(instanceId) })
    return { id: String(id), name, schedule: cron }
  })
}

function ofInstance(instanceId: number | undefined) {
  return instanceId === undefined ? {} : { instanceId }
}

/** One of another account is not there for this caller. */
async function elementOf({ findInstance }: ScheduleContext, { accountId }: Caller, id: number): Promise<string> {
  const instance = await findInstance(id)
  if (instance?.accountId === accountId) return instance.plan.element.key
  throw new ValenceError('INSTANCE_NOT_FOUND', `There is no element instance with id ${id}`)
}

async function assertRoom(trx: Transaction<ScheduleTables>, accountId: number): Promise<void> {
  const { count } = await trx
    .selectFrom('schedules')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .where('kind', '=', API_KIND)
    .executeTakeFirstOrThrow()
  if (count < MOST_JOBS) return
  throw new ValenceError('TOO_MANY', `An account keeps at most ${MOST_JOBS} jobs; delete one first`)
}
