import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { ValenceError } from '../errors.ts'
import type { App, Reply, Request } from './app.ts'
import type { ReceiveUpload } from './receive-upload.ts'
import { leaveBody, readBody } from './request-bodies.ts'

/** The borders of a form come on top. */
const FORM_BYTES = 64 * 1024

/** Bodies of these routes wait in the socket, whatever they are, until `readFile` or `receiveUpload` reads them. */
export function leaveBodies(scope: App): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', async (request: Request, payload: Readable) =>
    request.isResourceCall ? readBody(request, payload) : leaveBody(request),
  )
}

/**
 * The part `file` of a form (spec 00 §3), or the whole body.
 *
 * @param what how messages call it: "document"
 * @throws ValenceError BODY_INVALID when there is none, BODY_TOO_LARGE
 */
export async function readFile(
  request: Request,
  reply: Reply,
  receiveUpload: ReceiveUpload,
  { what, maxBytes }: { what: string; maxBytes: number },
): Promise<Buffer> {
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > maxBytes + FORM_BYTES) throw tooLarge(announced)
  const limits = { totalBytes: maxBytes + FORM_BYTES }
  const parts = request.upload === undefined ? [] : await receiveUpload(request, reply, limits)
  const part = parts.find(({ name }) => name === 'file') ?? parts.find(({ fileName }) => fileName !== undefined)
  if (!part) {
    const text = `The ${what} is missing: send it as the part "file" of multipart/form-data, or as the body`
    throw new ValenceError('BODY_INVALID', text)
  }
  if (part.sizeBytes > maxBytes) throw tooLarge(part.sizeBytes)
  return buffer(part.open())

  function tooLarge(sizeBytes: number): ValenceError {
    return new ValenceError('BODY_TOO_LARGE', `The ${what} has ${sizeBytes} bytes; at most ${maxBytes} are read`)
  }
}
