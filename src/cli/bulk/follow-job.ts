import { ValenceError } from '../../errors.ts'
import { isObject } from '../../model/is-object.ts'
import { type HubConnection, isOutOfReach } from './hub-connection.ts'
import type { ProgressLine } from './progress.ts'
import type { Terminal } from './terminal.ts'

/** What the hub says of a job (spec 22 §6), as far as it is shown. */
export interface JobStatus {
  status: string
  records: number
  failed: number
  uncertain: number
  total: number | undefined
  perSecond: number | undefined
  /** how much of it is done, from 0 to 1, where the hub can tell */
  share: number | undefined
  /** why the whole job failed */
  error: string | undefined
}

const POLL_MS = 1_000
const POLL_WHEN_CANCELLED_MS = 250
const ENDED = ['COMPLETED', 'ABORTED', 'CANCELLED']

/**
 * Asks for the status until the job has ended, and shows it. When it is interrupted, the hub is asked to cancel the job, whose end is
 * waited for.
 * @throws ValenceError
 */
export async function followJob(
  hub: HubConnection,
  id: string,
  what: string,
  { terminal, progress }: { terminal: Terminal; progress: ProgressLine },
): Promise<JobStatus> {
  const { interrupted } = terminal
  let isCancelled = false
  for (;;) {
    const wantsCancel = interrupted.aborted && !isCancelled
    if (wantsCancel) isCancelled = await cancel(hub, id, terminal, progress)
    const status = readStatus((await hub.read(`/bulk/${id}/status`)).body)
    const { records, failed, total, perSecond, share } = status
    progress.show({ what, unit: 'rows', done: records, total, share, rate: perSecond, failed })
    if (ENDED.includes(status.status)) {
      progress.end()
      return status
    }
    await (interrupted.aborted ? terminal.wait(POLL_WHEN_CANCELLED_MS) : terminal.wait(POLL_MS, interrupted))
  }
}

/** @returns whether the hub heard of it; it may have ended by itself just before */
async function cancel(hub: HubConnection, id: string, { stderr }: Terminal, progress: ProgressLine): Promise<boolean> {
  progress.end()
  stderr.write(`Cancelling job ${id}; Ctrl-C again leaves it to the hub\n`)
  try {
    await hub.send('PUT', `/bulk/${id}/cancel`)
  } catch (error) {
    if (isOutOfReach(error)) return false
    stderr.write(`${(error as Error).message}\n`)
  }
  return true
}

function readStatus(body: unknown): JobStatus {
  if (!isObject(body) || typeof body['status'] !== 'string') {
    throw new ValenceError('PARAMETER_INVALID', 'The server answered no status of a bulk job')
  }
  const number = (key: string) => (typeof body[key] === 'number' ? body[key] : undefined)
  const records = number('recordsCount') ?? 0
  const perSecond = number('recordsPerSecond')
  return {
    status: body['status'],
    records,
    failed: number('recordsFailedCount') ?? 0,
    uncertain: number('recordsUncertainCount') ?? 0,
    total: number('recordsTotal'),
    perSecond,
    share: shareOf(records, perSecond, { start: number('bulk_start_time'), finish: number('estimatedFinishTime') }),
    error: typeof body['error'] === 'string' ? body['error'] : undefined,
  }
}

/** By the hub's own estimate, whose clock may not be ours: the time so far is what its rows took at its rate. */
function shareOf(
  records: number,
  perSecond: number | undefined,
  { start, finish }: { start: number | undefined; finish: number | undefined },
): number | undefined {
  if (!perSecond || start === undefined || finish === undefined || finish <= start) return undefined
  return Math.min((records / perSecond) * (1000 / (finish - start)), 1)
}
