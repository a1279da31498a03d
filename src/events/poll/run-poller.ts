import { ValenceError } from '../../errors.ts'
import type { Instance } from '../../instances/instance.ts'
import type { Caller } from '../../model/account.ts'
import { type Checkpoint, checkpointDb } from './checkpoint-table.ts'
import { keepCheckpoints } from './keep-checkpoints.ts'
import type { PollContext } from './poll-context.ts'
import { pollResource } from './poll-resource.ts'
import { readPollers } from './poller-configuration.ts'
import { pollerScheduleOf } from './poller-schedule.ts'

/**
 * Polling: for vendors that do not call us. Whoever keeps schedules calls this when an instance is due, never twice at once; a run that was
 * missed is not made up for, because the next one begins where the last one came to. Resources are polled one after the other (spec 40 §7.1); one that fails
 * neither stops the others nor loses its place.
 *
 * Start here; `poll-resource.ts` polls one resource, `read-window.ts` reads its pages, `decide.ts` says what is news,
 * `poller-configuration.ts` what is polled at all.
 *
 * @returns what there is to say about the run, for whoever looks at its schedule
 * @throws Error of the database; an AbortError when `signal` says so
 */
export async function runPoller(
  context: PollContext,
  instanceId: number,
  signal: AbortSignal,
): Promise<{ message?: string }> {
  const instance = await context.instanceOf(instanceId)
  const schedule =
    instance && pollerScheduleOf({ disabled: instance.disabled, configuration: instance.state.configuration })
  if (!instance || !schedule) return { message: `Instance ${instanceId} is not polled` }
  const caller = await ownerOf(context, instance)
  if (!caller) return { message: `The owner of instance ${instanceId} is not active` }

  const { resources, problems } = readPollers(instance.state.configuration)
  const checkpoints = await checkpointsOf(context, instance, schedule.objectTypes)
  const messages = [...problems]
  for (const resource of resources) {
    const checkpoint = checkpoints.get(resource.name)
    if (!checkpoint || isLeftAlone(checkpoint, context.now())) continue
    const intervalMs = schedule.everyMinutes * 60_000
    messages.push(...(await pollResource(context, { instance, caller, resource, checkpoint, intervalMs }, signal)))
    signal.throwIfAborted()
  }
  return messages.length > 0 ? { message: messages.join('\n') } : {}
}

async function ownerOf({ callerOf }: PollContext, { userId }: Instance): Promise<Caller | undefined> {
  try {
    return await callerOf(userId)
  } catch (error) {
    if (error instanceof ValenceError && error.code === 'CREDENTIALS_INVALID') return undefined
    throw error
  }
}

/** They follow the instance; what its element polls by default may have changed meanwhile. */
async function checkpointsOf(
  context: PollContext,
  instance: Instance,
  objectTypes: readonly string[],
): Promise<Map<string, Checkpoint>> {
  const load = async () => {
    const rows = await checkpointDb(context.store)
      .selectFrom('poller_checkpoints')
      .selectAll()
      .where('instance_id', '=', instance.id)
      .execute()
    return new Map(rows.map((row) => [row.object_type, row]))
  }
  const checkpoints = await load()
  if (objectTypes.every((name) => checkpoints.has(name)) && checkpoints.size === objectTypes.length) return checkpoints
  await context.store.changes.transaction((trx) => keepCheckpoints(trx, instance, objectTypes, context.now()))
  return load()
}

function isLeftAlone({ next_allowed_at: until }: Checkpoint, now: Date): boolean {
  return until !== null && until > now
}
