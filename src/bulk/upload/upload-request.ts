import type { Instance } from '../../instances/instance.ts'
import type { Caller } from '../../model/account.ts'
import type { ResourceCall } from '../../model/exchange.ts'
import type { BulkContext } from '../context.ts'
import type { UploadRequest } from '../job-request.ts'
import { assertBulkEnabled } from '../object-path.ts'
import type { RowFormat } from '../rows/sniff.ts'
import { primaryKeyOf, uploadObject } from './object-facts.ts'
import { type AskedUpload, readPath, readUploadRequest } from './read-upload-request.ts'

export interface AskingUpload extends Pick<ResourceCall, 'query'> {
  objectName: string
  metaData: UploadRequest['metaData']
}

/**
 * What an upload is asked to do, held against the element.
 *
 * @throws ValenceError OBJECT_NOT_FOUND; PARAMETER_INVALID where uploads of the object are switched off; as `readUploadRequest`
 */
export async function askedUpload(
  context: Pick<BulkContext, 'mappingOf'>,
  caller: Caller,
  instance: Instance,
  asking: AskingUpload,
): Promise<AskedUpload> {
  const { objectName, metaData } = asking
  const object = await uploadObject(context, caller, instance, objectName, readPath(metaData))
  assertBulkEnabled(objectName, object, 'upload')
  return readUploadRequest(asking, primaryKeyOf(object))
}

/** The same of a file whose format is known. @throws as `askedUpload` */
export async function uploadRequest(
  context: Pick<BulkContext, 'mappingOf'>,
  caller: Caller,
  instance: Instance,
  { format, delimiter, ...asking }: AskingUpload & RowFormat,
): Promise<UploadRequest> {
  const asked = await askedUpload(context, caller, instance, asking)
  return { ...asked, format, ...(delimiter === undefined ? {} : { delimiter }) }
}
