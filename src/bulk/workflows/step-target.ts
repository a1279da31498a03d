import { assertEnabled } from '../../instances/assert-enabled.ts'
import type { Instance } from '../../instances/instance.ts'
import type { Caller } from '../../model/account.ts'
import type { BulkContext } from '../context.ts'
import type { UploadRequest } from '../job-request.ts'
import type { RowFormat } from '../rows/sniff.ts'
import { uploadRequest } from '../upload/upload-request.ts'
import type { WorkflowStep } from './workflow-step.ts'

/** The upload of a step, checked as `POST /bulk/{objectName}` does. @throws ValenceError as that */
export async function targetRequest(
  context: BulkContext,
  caller: Caller,
  instance: Instance,
  { objectName, query, metaData }: WorkflowStep['target'],
  file: RowFormat,
): Promise<UploadRequest> {
  context.authorize(caller, 'bulk.start', instance)
  assertEnabled(instance)
  return uploadRequest(context, caller, instance, { objectName, query, metaData, ...file })
}
