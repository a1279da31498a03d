import Type, { type Static } from 'typebox'
import type { Authorize } from '../accounts/authorize.ts'
import { ValenceError } from '../errors.ts'
import { createJob } from '../schedules/api/create-job.ts'
import type { ScheduleContext } from '../schedules/context.ts'
import type { Request } from './app.ts'
import { API_PREFIX } from './dispatch.ts'
import { callerOf, instanceOf } from './operations.ts'
import { DEPTH_HEADER } from './stream-platform.ts'

/** A Quartz cron: the call is made at its times instead of now (spec 22 §10). */
const SCHEDULE_HEADER = 'elements-schedule-request'

export const Scheduled = Type.Object(
  { id: Type.String({ description: 'Id of the job, as GET /jobs shows it' }), status: Type.Literal('CREATED') },
  { title: 'ScheduledBulkRequest' },
)
export type Scheduled = Static<typeof Scheduled>

/**
 * Keeps a bulk call as a job of its caller, with the Element token of its instance, when it asks to be made again and again.
 *
 * @param checked what the call would be refused for is thrown at once; resolves with the body to keep
 * @returns undefined for a call that is to be made now
 * @throws ValenceError PARAMETER_INVALID for a cron that is none or comes too often, MEDIA_TYPE_UNSUPPORTED for a body that is no JSON, TOO_MANY
 */
export async function scheduleInstead(
  { schedules, authorize }: { schedules: ScheduleContext; authorize: Authorize },
  request: Request,
  checked: () => Promise<unknown>,
): Promise<Scheduled | undefined> {
  const cron = request.headers[SCHEDULE_HEADER]
  if (cron === undefined || cron === '') return undefined
  if (request.upload !== undefined) {
    throw new ValenceError('MEDIA_TYPE_UNSUPPORTED', 'A call that is scheduled takes a JSON body: files are not kept')
  }
  const [caller, instance] = [callerOf(request), instanceOf(request)]
  authorize(caller, 'jobs.create')
  const body = await checked()
  const path = pathOf(request)
  const { id } = await createJob(schedules, caller, {
    name: `Bulk schedule of instance ${instance.id}`,
    description: `POST ${path} of ${instance.name}`.slice(0, 255),
    ...{ method: request.method, uri: path, query: request.query, headers: ownHeaders(request) },
    // as text: consoles read it so (spec 33 §1.3)
    body: body === undefined || body === null ? null : JSON.stringify(body),
    instanceId: instance.id,
    trigger: { cron },
  })
  return { id, status: 'CREATED' }
}

function pathOf({ url }: Request): string {
  return (url.split('?', 1)[0] ?? '').slice(API_PREFIX.length)
}

/** What our own headers ask of the call. */
function ownHeaders({ headers }: Request): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => {
      const isKept = name.startsWith('elements-') && name !== SCHEDULE_HEADER && name !== DEPTH_HEADER
      return isKept && typeof value === 'string' ? [[name, value]] : []
    }),
  )
}
