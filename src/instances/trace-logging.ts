import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import { changeRow } from './change-row.ts'
import type { InstanceContext } from './context.ts'

const DEFAULT_MINUTES = 30
const MAX_MINUTES = 1_440

/**
 * `PUT /instances/{id}/trace-logging` `{"duration": minutes}` and its DELETE (spec 41 §10): for that time every call of
 * the instance is traced, and its answer names the trace.
 *
 * @param duration minutes, 30 when absent, at most a day; 0 switches it off
 * @throws ValenceError PARAMETER_INVALID
 */
export async function setTraceLogging(
  context: InstanceContext,
  caller: Caller,
  id: number,
  duration: unknown,
): Promise<void> {
  const minutes = readMinutes(duration)
  const until = minutes === 0 ? null : new Date(context.now().getTime() + minutes * 60_000)
  await changeRow(context, caller, id, 'traceLogging', { trace_until: until })
}

function readMinutes(duration: unknown): number {
  if (duration === undefined || duration === null) return DEFAULT_MINUTES
  const minutes = typeof duration === 'string' && duration.trim() !== '' ? Number(duration) : duration
  if (typeof minutes === 'number' && Number.isInteger(minutes) && minutes >= 0 && minutes <= MAX_MINUTES) return minutes
  throw new ValenceError(
    'PARAMETER_INVALID',
    `duration: expected a whole number of minutes from 0 to ${MAX_MINUTES}, got ${JSON.stringify(duration)}`,
  )
}
