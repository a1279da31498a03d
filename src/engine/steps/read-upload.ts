import { ValenceError } from '../../errors.ts'
import type { UploadedPart } from '../../model/exchange.ts'
import type { Exchange } from '../exchange.ts'
import type { Step } from '../ports.ts'

/** A file that becomes text is held in memory; others are streamed. */
const MAX_TEXT_BYTES = 16 * 1024 * 1024

/**
 * A file that is the whole body: base64 text where the vendor wants text, plain text where a hook is to reshape it
 * (spec 11 §3.4). Otherwise it stays a stream.
 * @throws ValenceError BODY_TOO_LARGE
 */
export const readUpload: Step = (exchange) => {
  const { upload } = exchange.vendor
  if (!upload || (!upload.isBase64 && exchange.resource.hooks.pre.length === 0)) return exchange
  return readInto(exchange, upload, upload.isBase64 ? 'base64' : 'utf8')
}

async function readInto(exchange: Exchange, upload: UploadedPart, encoding: BufferEncoding): Promise<Exchange> {
  if (upload.sizeBytes > MAX_TEXT_BYTES) {
    throw new ValenceError(
      'BODY_TOO_LARGE',
      `${exchange.resource.label}: "${upload.name}" has ${upload.sizeBytes} bytes; it is sent as text, which takes at most ${MAX_TEXT_BYTES}`,
    )
  }
  const chunks: Buffer[] = []
  for await (const chunk of upload.open()) chunks.push(chunk as Buffer)
  exchange.vendor.body = Buffer.concat(chunks).toString(encoding)
  exchange.vendor.upload = undefined
  return exchange
}
