import { text } from 'node:stream/consumers'
import type { BulkContext } from '../bulk/context.ts'
import type { UploadedPart } from '../model/exchange.ts'
import type { Reply, Request } from './app.ts'
import type { ReceiveUpload } from './receive-upload.ts'

/** What comes with a file in a form. */
const BESIDE_BYTES = 1024 * 1024
/** Bytes, with blanks around it. */
const MOST_OF_NULL = 16

/** The parts of a call that brings the file of a bulk job; none where it brings nothing. */
export async function receiveBulkFile(
  request: Request,
  reply: Reply,
  receiveUpload: ReceiveUpload,
  { limits: { fileBytes } }: Pick<BulkContext, 'limits'>,
): Promise<readonly UploadedPart[]> {
  if (request.upload === undefined) return []
  // a step of a formula that streams a file may send it without a name (spec 22 §5)
  const limits = { totalBytes: fileBytes + BESIDE_BYTES, takesNameless: true }
  const parts = await receiveUpload(request, reply, limits)
  return (await isNull(parts)) ? [] : parts
}

/** The body `null` is none (spec 01 §1). */
async function isNull([body, ...more]: readonly UploadedPart[]): Promise<boolean> {
  if (!body || more.length > 0 || body.sizeBytes > MOST_OF_NULL || !/json/i.test(body.contentType ?? '')) return false
  return ['', 'null'].includes((await text(body.open())).trim())
}
