import { ValenceError } from '../../errors.ts'
import type { Instance } from '../../instances/instance.ts'
import type { BulkContext } from '../context.ts'
import type { DownloadRequest } from '../job-request.ts'

type Documents = NonNullable<DownloadRequest['docs']>

/**
 * The documents instance that takes the finished file. One of another account is not there.
 *
 * @throws ValenceError INSTANCE_NOT_FOUND; PARAMETER_INVALID when its element takes no files
 */
export async function findDocuments(
  { findInstance }: Pick<BulkContext, 'findInstance'>,
  { accountId }: Pick<Instance, 'accountId'>,
  { instanceId }: Pick<Documents, 'instanceId'>,
): Promise<Instance> {
  const found = await findInstance(instanceId)
  if (found?.accountId !== accountId) {
    throw new ValenceError(
      'INSTANCE_NOT_FOUND',
      `docsHubDetails.instanceId: there is no element instance with id ${instanceId}`,
    )
  }
  if (found.plan.resources.find('POST', '/files')) return found
  const { name } = found.plan.element
  throw new ValenceError(
    'PARAMETER_INVALID',
    `docsHubDetails.instanceId: ${name} has no POST /files, which takes the file; name an instance of a documents element`,
  )
}
