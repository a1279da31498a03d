import { own, type RouteCases, row } from './route-case.ts'

const job = { id: '{job}' }
const trigger = { cron: '0 0 12 1 1 ? 2098' }

/** Calls that are made again and again, in the name of whoever made them (spec 33 §1). */
export const JOB_CASES: RouteCases = {
  'GET /jobs': own(),
  'GET /jobs/executions': own(),
  'GET /jobs/:id': row(job),
  'GET /jobs/:id/history': row(job),
  'GET /jobs/:id/history/:historyId': row({ ...job, historyId: '{run}' }),

  'POST /jobs': own({ body: { name: 'written', method: 'GET', uri: '/ping', trigger } }),
  'PUT /jobs/:id/disable': row(job),
  'PUT /jobs/:id/enable': row(job),
  'PATCH /jobs/:id/reschedule': row(job, { body: { trigger } }),

  'DELETE /jobs/:id': row(job),
}
