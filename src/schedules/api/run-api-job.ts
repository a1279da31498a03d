import { ValenceError } from '../../errors.ts'
import type { RunKind, ScheduleContext } from '../context.ts'
import { scheduleDb } from '../schedule-table.ts'
import { openCall } from './job-body.ts'

/** Says in a call that a job makes which one it is. */
export const JOB_HEADER = 'elements-job-id'

/**
 * Makes a stored call in the name of its owner (spec 33 §1.5). It is not interrupted when the process stops: it ends in time, or is made again.
 *
 * @throws ValenceError with the platform's own message for an answer from 400 on
 */
export function runApiJob({ store, callPlatform }: Pick<ScheduleContext, 'store' | 'callPlatform'>): RunKind {
  return async ({ id, owner, instanceId }, signal) => {
    signal.throwIfAborted()
    const row = await scheduleDb(store).selectFrom('schedules').select('call').where('id', '=', id).executeTakeFirst()
    if (!row?.call) return { message: 'The job was deleted before it began' }
    const { method, uri, query, headers, body } = openCall(store, id, row.call)
    const told = { ...headers, [JOB_HEADER]: String(id) }
    const reply = await callPlatform(owner, instanceId, { method, path: uri, query, headers: told, body })
    if (reply.status >= 400) throw new ValenceError('VENDOR_FAILED', messageOf(reply.status, reply.body))
    return { message: `${method} was answered ${reply.status}` }
  }
}

function messageOf(status: number, body: string): string {
  try {
    const { message } = JSON.parse(body) as { message?: unknown }
    if (typeof message === 'string' && message !== '') return message
  } catch {
    // not in our words: the status must do
  }
  return `The call was answered ${status}`
}
