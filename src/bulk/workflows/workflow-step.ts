import { contextOf } from '../../store/cipher.ts'

/** One step of a workflow as its row keeps it (sealed): read and checked, tokens taken for the instances that they are of. */
export interface WorkflowStep {
  source:
    | { query: string; window: Partial<Record<'from' | 'to' | 'lastRunDate', string>> }
    /** a file that was stored for it */
    | { fileJobId: number }
  target: {
    instanceId: number
    objectName: string
    /** sent along with each call */
    query: Record<string, string | string[]>
    metaData: Readonly<Record<string, unknown>>
  }
  /** who gets a message when the whole workflow has ended, through which instance */
  notification?: { instanceId: number; to: readonly string[] }
  /** shown in the callback */
  kept: Readonly<Record<string, unknown>>
}

export function workflowRequestContext(workflowId: number): string {
  return contextOf('bulk_workflows', 'request', workflowId)
}

export function workflowCallbackContext(workflowId: number): string {
  return contextOf('bulk_workflows', 'callback', workflowId)
}
