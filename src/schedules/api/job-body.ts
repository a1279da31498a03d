import Type, { type Static } from 'typebox'
import type { Caller } from '../../model/account.ts'
import { isObject } from '../../model/is-object.ts'
import { nextTimeOf } from '../clock.ts'
import type { ScheduleContext } from '../context.ts'
import { callContext, type ScheduleRow } from '../schedule-table.ts'
import type { StoredCall } from './job-request.ts'

/** Times of the wire: milliseconds since 1970. */
const EpochMs = Type.Union([Type.Integer(), Type.Null()], { description: 'Milliseconds since 1970' })

export const JobBody = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    description: Type.String(),
    disallowConcurrent: Type.Boolean({ description: 'A run begins when the one before it is over' }),
    data: Type.Record(Type.String(), Type.Unknown(), {
      description:
        '`id`, `topic` (what kind of job it is), `elementKey`, `instanceId`, and the stored call of the owner',
    }),
    trigger: Type.Object({
      id: Type.String(),
      state: Type.Enum(['NORMAL', 'BLOCKED', 'PAUSED', 'COMPLETE'], {
        description: '`BLOCKED` while it runs, `COMPLETE` when no time matches any more',
      }),
      cron: Type.Union([Type.String(), Type.Null()], { description: 'null where it runs by an interval' }),
      timeZone: Type.String(),
      startTime: EpochMs,
      endTime: Type.Null(),
      nextFireTime: EpochMs,
      mayFireAgain: Type.Boolean(),
      priority: Type.Integer(),
      calendarName: Type.Null(),
      description: Type.String(),
    }),
  },
  { title: 'Job' },
)
export type JobBody = Static<typeof JobBody>

export const JobCreated = Type.Object(
  { id: Type.String(), name: Type.String(), schedule: Type.String({ description: 'The cron' }) },
  { title: 'JobCreated' },
)
export type JobCreated = Static<typeof JobCreated>

/** Quartz's default, which clients see and nobody changes. */
const PRIORITY = 5

/** What the caller sees of it: a stored call, whose headers and body may hold secrets, only its owner. */
export function toJobBody(
  { store, now }: Pick<ScheduleContext, 'store' | 'now'>,
  caller: Caller,
  row: ScheduleRow,
): JobBody {
  const id = String(row.id)
  const next = row.state === 'PAUSED' ? nextTimeOf(row, now()) : row.next_run_at
  return {
    id,
    name: row.name,
    description: row.description,
    disallowConcurrent: true,
    data: {
      id: row.id,
      topic: row.kind,
      elementKey: row.element_key,
      instanceId: row.instance_id,
      ...(row.call === null ? {} : shownCall(openCall(store, row.id, row.call), row.user_id === caller.userId)),
    },
    trigger: {
      id,
      state: stateOf(row),
      cron: row.cron,
      timeZone: row.time_zone,
      startTime: row.started_at.getTime(),
      endTime: null,
      nextFireTime: row.next_run_at?.getTime() ?? null,
      mayFireAgain: next != null,
      priority: PRIORITY,
      calendarName: null,
      description: row.cron === null ? `every ${row.every_minutes} minutes` : row.cron,
    },
  }
}

function stateOf(row: ScheduleRow): JobBody['trigger']['state'] {
  if (row.state === 'PAUSED') return 'PAUSED'
  if (row.run_started_at) return 'BLOCKED'
  return row.next_run_at || row.due_at ? 'NORMAL' : 'COMPLETE'
}

function shownCall({ method, uri, query, headers, body }: StoredCall, isOwn: boolean) {
  return isOwn ? { method, uri, query, headers, body } : { method, uri }
}

export function openCall({ cipher }: Pick<ScheduleContext['store'], 'cipher'>, id: number, sealed: string): StoredCall {
  const call: unknown = JSON.parse(cipher.open(sealed, callContext(id)))
  if (!isObject(call)) throw new Error(`schedules.call:${id} holds no call`)
  return call as unknown as StoredCall
}

/** What the audit log keeps of a job: neither headers nor body. */
export function toldJob(
  row: Pick<ScheduleRow, 'name' | 'description' | 'kind' | 'instance_id' | 'cron' | 'time_zone' | 'state'>,
) {
  const { name, description, kind, instance_id: instanceId, cron, time_zone: timeZone, state } = row
  return { name, description, kind, instanceId, cron, timeZone, state }
}
