import { invalid } from '../../accounts/read-members.ts'
import { ValenceError } from '../../errors.ts'
import type { Instance } from '../../instances/instance.ts'
import type { Caller } from '../../model/account.ts'
import type { BulkContext } from '../context.ts'
import type { AskedInstance, AskedStep } from './read-workflow.ts'
import { fileSource, querySource, type StepSource } from './step-source.ts'
import { targetRequest } from './step-target.ts'
import type { WorkflowStep } from './workflow-step.ts'

export interface PlannedStep {
  step: WorkflowStep
  sourceObjectName: string
  target: Instance
  targetObjectName: string
}

/**
 * A step with what it names found, and checked as a query and an upload would be: what would not begin is refused while somebody is there
 * to read it.
 *
 * @throws ValenceError
 */
export async function planStep(
  context: BulkContext,
  caller: Caller,
  instance: Instance,
  asked: AskedStep,
): Promise<PlannedStep> {
  assertElement('elementKey', asked.elementKey, instance)
  const { elementKey, objectName, parameters, metaData, kept } = asked.target
  const target = await instanceOf(context, caller, asked.target.instance, 'targetConfiguration')
  assertElement('targetConfiguration.elementKey', elementKey, target)
  const source = sourceOf(asked)
  const found: StepSource =
    'fileJobId' in source
      ? await fileSource(context, caller, instance, source.fileJobId)
      : await querySource(context, caller, instance, source)
  const step: WorkflowStep = {
    source,
    target: { instanceId: target.id, objectName, query: parameters, metaData },
    ...(await notificationOf(context, caller, asked)),
    kept: { ...asked.kept, ...kept, ...(asked.parentObjectName ? { parentObjectName: asked.parentObjectName } : {}) },
  }
  await targetRequest(context, caller, target, step.target, found.file)
  return { step, sourceObjectName: asked.objectName ?? found.objectName, target, targetObjectName: objectName }
}

function sourceOf({ fileJobId, query, window }: AskedStep): WorkflowStep['source'] {
  return fileJobId === undefined ? { query, window } : { fileJobId }
}

async function notificationOf(
  context: BulkContext,
  caller: Caller,
  { notification }: AskedStep,
): Promise<Pick<WorkflowStep, 'notification'>> {
  if (!notification) return {}
  const { id } = await instanceOf(context, caller, notification.instance, 'notificationConfiguration')
  return { notification: { instanceId: id, to: notification.to } }
}

/** Whether one is unknown or somebody else's, nobody learns. */
async function instanceOf(
  context: BulkContext,
  { organizationId, accountId }: Caller,
  asked: AskedInstance,
  where: string,
): Promise<Instance> {
  const found = 'id' in asked ? await context.findInstance(asked.id) : await byToken(context, asked.token)
  if (found && found.organizationId === organizationId && found.accountId === accountId) return found
  const [member, named] = 'id' in asked ? ['instanceId', 'id'] : ['token', 'token']
  throw new ValenceError('BODY_INVALID', `${where}.${member}: no element instance of this account has this ${named}`)
}

async function byToken({ findByToken }: BulkContext, token: string): Promise<Instance | undefined> {
  try {
    return await findByToken(token)
  } catch (error) {
    if (error instanceof ValenceError && error.code === 'CREDENTIALS_INVALID') return undefined
    throw error
  }
}

function assertElement(name: string, key: string | undefined, { id, plan }: Instance): void {
  const { element } = plan
  if (key === undefined || key.toLowerCase() === element.key.toLowerCase()) return
  throw invalid(name, `"${element.key}", which instance ${id} is of`, key)
}
