import { ValenceError } from '../../errors.ts'
import type { Exchange } from '../exchange.ts'
import type { Step } from '../ports.ts'
import type { BodyUpload } from '../vendor-draft.ts'

/** A file that becomes text is held in memory; others are streamed. */
const MAX_TEXT_BYTES = 16 * 1024 * 1024

/**
 * A file that is the whole body is read where it becomes text: the vendor wants base64, or hooks are to look at it
 * (spec 11 §3.4). Otherwise it stays a stream.
 * @throws ValenceError BODY_TOO_LARGE
 */
export const readUpload: Step = (exchange) => {
  const { upload } = exchange.vendor
  if (!upload || (!upload.isBase64 && exchange.resource.hooks.pre.length === 0)) return exchange
  return readInto(exchange, upload)
}

async function readInto(exchange: Exchange, upload: BodyUpload): Promise<Exchange> {
  const { file } = upload
  if (file.sizeBytes > MAX_TEXT_BYTES) {
    throw new ValenceError(
      'BODY_TOO_LARGE',
      `${exchange.resource.label}: "${file.name}" has ${file.sizeBytes} bytes; it is sent as text, which takes at most ${MAX_TEXT_BYTES}`,
    )
  }
  const chunks: Buffer[] = []
  for await (const chunk of file.open()) chunks.push(chunk as Buffer)
  upload.base64 = Buffer.concat(chunks).toString('base64')
  return exchange
}
