import { ValenceError } from '../../errors.ts'
import { type BulkWorkflow, type BulkWorkflowRun, bulkDb } from '../bulk-table.ts'
import type { BulkContext } from '../context.ts'
import { instanceById, stepsOf } from './open-step.ts'

/**
 * When a workflow has ended, whoever its steps name (`notificationConfiguration`) gets a message: by `POST /messages` of the instance whose token
 * stands there. It is tried once, and may come twice after a crash; it says no more than `GET /bulkloader` does.
 */
export async function sendNotices(context: BulkContext, workflowId: number): Promise<void> {
  const db = bulkDb(context.store)
  const workflow = await db
    .selectFrom('bulk_workflows')
    .selectAll()
    .where('id', '=', workflowId)
    .where('finished_at', 'is not', null)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  const asked = workflow ? stepsOf(context, workflow).flatMap(({ notification }) => notification ?? []) : []
  if (!workflow || asked.length === 0) return
  const runs = await db
    .selectFrom('bulk_workflow_runs')
    .selectAll()
    .where('workflow_id', '=', workflowId)
    .orderBy('number')
    .execute()
  const receivers = asked.flatMap(({ instanceId, to }) => to.map((address) => ({ instanceId, address })))
  for (const receiver of uniqueOf(receivers)) await send(context, workflow, receiver, textOf(workflow, runs))
}

interface Receiver {
  instanceId: number
  address: string
}

function uniqueOf(receivers: readonly Receiver[]): Receiver[] {
  return [...new Map(receivers.map((one) => [`${one.instanceId} ${one.address}`, one])).values()]
}

function textOf({ id, status }: BulkWorkflow, runs: readonly BulkWorkflowRun[]): { subject: string; body: string } {
  const lines = runs.map(({ source_object_name, target_object_name, status, error }) => {
    const step = `${source_object_name} to ${target_object_name}: ${status}`
    return error === null ? step : `${step} (${error.slice(0, 500)})`
  })
  return { subject: `Bulk workflow ${id}: ${status}`, body: lines.join('\n') }
}

async function send(
  context: BulkContext,
  { id, user_id }: BulkWorkflow,
  { instanceId, address }: Receiver,
  text: { subject: string; body: string },
): Promise<void> {
  try {
    const instance = await instanceById(context, instanceId)
    const caller = await context.callerOf(user_id)
    const body = { to: address, ...text }
    await context.call(caller, instance, { method: 'POST', path: '/messages', query: {}, headers: {}, body })
  } catch (error) {
    if (!(error instanceof ValenceError)) throw error
    const facts = { workflow: id, instance: instanceId, code: error.code }
    context.log.warn(facts, 'the message about the end of a workflow was not sent')
  }
}
