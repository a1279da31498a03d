import Type from 'typebox'
import { ValenceError } from '../../errors.ts'
import { parseInstant } from '../../model/instant.ts'
import { pauseJob, removeJob, rescheduleJob, resumeJob } from '../../schedules/api/change-job.ts'
import { createJob } from '../../schedules/api/create-job.ts'
import { listJobs, readJob } from '../../schedules/api/find-jobs.ts'
import { JobBody, JobCreated } from '../../schedules/api/job-body.ts'
import { JobExecution, JobRun, listExecutions, listHistory, readRun } from '../../schedules/api/list-runs.ts'
import type { ScheduleContext } from '../../schedules/context.ts'
import { answerPage } from '../answer-list.ts'
import type { App } from '../app.ts'
import { empty } from '../empty-reply.ts'
import { PAGING } from '../openapi/common-parameters.ts'
import { arrayOf, NOTHING, openBody, query, texts } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import type { TokenSigner } from '../paging.ts'
import { idOf, largeIdOf, listOf, type Query, single } from '../query.ts'

const params = Type.Object({ id: Type.String({ description: 'Id of the job' }) })
const runParams = Type.Object({
  id: Type.String({ description: 'Id of the job' }),
  historyId: Type.String({ description: 'Id of the run' }),
})
const Trigger = Type.Object({
  cron: Type.String({ description: 'Quartz cron of 6 or 7 fields', examples: ['0 0/15 * 1/1 * ? *'] }),
  timeZone: Type.Optional(Type.String({ description: 'On whose clock, UTC when absent', examples: ['Europe/Berlin'] })),
})
const JobRequest = openBody(
  Type.Object(
    {
      name: Type.String(),
      description: Type.Optional(Type.String()),
      method: Type.Enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
      uri: Type.String({ description: 'Path of the API, with or without `/elements/api-v2`', examples: ['/ping'] }),
      query: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
      headers: Type.Optional(Type.Record(Type.String(), Type.String())),
      body: Type.Optional(Type.Unknown({ description: 'Sent as JSON' })),
      instanceId: Type.Optional(
        Type.Union([Type.Integer(), Type.String()], { description: 'The element instance whose token is sent' }),
      ),
      trigger: Trigger,
    },
    { title: 'JobRequest' },
  ),
)
const Reschedule = openBody(Type.Object({ trigger: Trigger }, { title: 'JobReschedule' }))
const TIME = 'Milliseconds since 1970, or a date such as `2026-11-01T10:00:00Z`'

/** Calls that are made again and again, and other schedules of the account (spec 33 §1). None is an empty list. */
export function jobRoutes(
  app: App,
  { schedules: context, signer }: { schedules: ScheduleContext; signer: TokenSigner },
): void {
  const reading = { operation: 'jobs.read' as const }
  const changing = { operation: 'jobs.update' as const }

  app.get(
    '/jobs',
    {
      config: reading,
      schema: { summary: 'List jobs', querystring: query(PAGING), response: { 200: arrayOf(JobBody) } },
    },
    async (request, reply) =>
      answerPage(request, reply, 'jobs', signer, {}, (page) => listJobs(context, callerOf(request), page)),
  )
  app.post(
    '/jobs',
    {
      config: { operation: 'jobs.create' },
      schema: { summary: 'Have a call made again and again', body: JobRequest, response: { 200: JobCreated } },
    },
    async (request) => createJob(context, callerOf(request), request.body),
  )
  app.get(
    '/jobs/executions',
    {
      config: reading,
      schema: {
        summary: 'List runs of all jobs, the newest first',
        querystring: query({
          ...PAGING,
          elementKeys: texts('Keys of elements whose runs are asked for'),
          startTime: Type.String({ description: `Runs that began then or later. ${TIME}` }),
          endTime: Type.String({ description: `Runs that began then or earlier. ${TIME}` }),
        }),
        response: { 200: arrayOf(JobExecution) },
      },
    },
    async (request, reply) => {
      const asked = request.query as Query
      const filter = {
        elementKeys: listOf(asked, 'elementKeys'),
        startTime: single(asked['startTime']) ?? '',
        endTime: single(asked['endTime']) ?? '',
      }
      return answerPage(request, reply, 'job executions', signer, filter, (page) => {
        const kept = page.filter as Query
        return listExecutions(context, callerOf(request), {
          ...page,
          elementKeys: [kept['elementKeys'] ?? []].flat(),
          from: readTime(kept, 'startTime'),
          to: readTime(kept, 'endTime'),
        })
      })
    },
  )
  app.get(
    '/jobs/:id',
    { config: reading, schema: { summary: 'Read a job', params, response: { 200: JobBody } } },
    async (request) => readJob(context, callerOf(request), idOf(request.params.id)),
  )
  app.delete(
    '/jobs/:id',
    {
      config: { operation: 'jobs.delete' },
      schema: { summary: 'Delete a job', params, response: { 200: NOTHING } },
    },
    async (request, reply) => empty(reply, removeJob(context, callerOf(request), idOf(request.params.id))),
  )
  app.put(
    '/jobs/:id/disable',
    { config: changing, schema: { summary: 'Pause a job', params, response: { 200: NOTHING } } },
    async (request, reply) => empty(reply, pauseJob(context, callerOf(request), idOf(request.params.id))),
  )
  app.put(
    '/jobs/:id/enable',
    { config: changing, schema: { summary: 'Let a paused job go on', params, response: { 200: NOTHING } } },
    async (request, reply) => empty(reply, resumeJob(context, callerOf(request), idOf(request.params.id))),
  )
  app.patch(
    '/jobs/:id/reschedule',
    {
      config: changing,
      schema: { summary: 'Give a job other times', params, body: Reschedule, response: { 200: JobCreated } },
    },
    async (request) => rescheduleJob(context, callerOf(request), idOf(request.params.id), request.body),
  )
  app.get(
    '/jobs/:id/history',
    {
      config: reading,
      schema: {
        summary: 'List runs of a job, the newest first',
        params,
        querystring: query(PAGING),
        response: { 200: arrayOf(JobRun) },
      },
    },
    async (request, reply) => {
      const id = idOf(request.params.id)
      return answerPage(request, reply, `history of job ${id}`, signer, {}, (page) =>
        listHistory(context, callerOf(request), id, page),
      )
    },
  )
  app.get(
    '/jobs/:id/history/:historyId',
    { config: reading, schema: { summary: 'Read a run of a job', params: runParams, response: { 200: JobRun } } },
    async (request) => {
      const { id, historyId } = request.params
      return readRun(context, callerOf(request), idOf(id), largeIdOf(historyId))
    },
  )
}

function readTime(query: Query, name: string): Date | undefined {
  const text = single(query[name])?.trim()
  if (!text) return undefined
  const time = /^\d{1,15}$/.test(text) ? new Date(Number(text)) : parseInstant(text)
  if (time) return time
  throw new ValenceError('PARAMETER_INVALID', `${name}: expected milliseconds since 1970, got "${text.slice(0, 60)}"`)
}
