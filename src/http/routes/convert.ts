import { buffer } from 'node:stream/consumers'
import Type from 'typebox'
import type { Authorize } from '../../accounts/authorize.ts'
import { importTypeOf } from '../../elements/import/detect-type.ts'
import { importDocument } from '../../elements/import/import-document.ts'
import { MAX_DOCUMENT_BYTES } from '../../elements/import/limits.ts'
import { ValenceError } from '../../errors.ts'
import type { UploadedPart } from '../../model/exchange.ts'
import type { App, Reply, Request } from '../app.ts'
import type { Identify } from '../identify.ts'
import type { ReceiveUpload } from '../receive-upload.ts'

const ConvertQuery = Type.Object({
  type: Type.Optional(Type.String()),
  hub: Type.Optional(Type.String()),
  key: Type.Optional(Type.String()),
  name: Type.Optional(Type.String()),
})

/**
 * `POST /elements/convert` (spec 10 §2.7): a document becomes an element that is not stored. What its author should check
 * is in `importDoubts`, which `POST /elements` does not take over.
 */
export function convertRoutes(
  app: App,
  deps: { identify: Identify; authorize: Authorize; receiveUpload: ReceiveUpload },
): void {
  const { identify, authorize, receiveUpload } = deps
  const options = {
    schema: { querystring: ConvertQuery },
    config: { isVendorBody: true },
    bodyLimit: MAX_DOCUMENT_BYTES,
    // before the body is read: nobody else's megabytes are taken
    onRequest: async (request: Request) => authorize(await identify.caller(request), 'elements.create'),
  }
  app.post('/elements/convert', options, async (request, reply) => {
    const { type, ...naming } = request.query
    const document = await readDocument(request, reply, receiveUpload)
    const imported = await importDocument(document, {
      ...naming,
      ...(type === undefined ? {} : { type: importTypeOf(type) }),
    })
    return { ...imported.element, importDoubts: imported.doubts }
  })
}

/** The part `file` of a form, or the whole body. */
async function readDocument(
  request: Request,
  reply: Reply,
  receiveUpload: ReceiveUpload,
): Promise<string | Uint8Array> {
  const announced = Number(request.headers['content-length'] ?? 0)
  // the borders of a form come on top
  if (announced > MAX_DOCUMENT_BYTES + 64 * 1024) throw tooLarge(announced)
  if (request.upload !== undefined) return contentOf(await receiveUpload(request, reply))
  const { body } = request
  if (typeof body === 'string') return body
  if (typeof body === 'object' && body !== null) return JSON.stringify(body)
  throw new ValenceError('BODY_INVALID', 'The document is missing: send it as the part "file" of multipart/form-data')
}

async function contentOf(parts: readonly UploadedPart[]): Promise<Uint8Array> {
  const part = parts.find(({ name }) => name === 'file') ?? parts.find(({ fileName }) => fileName !== undefined)
  if (!part) throw new ValenceError('BODY_INVALID', 'The upload has no part "file"')
  if (part.sizeBytes > MAX_DOCUMENT_BYTES) throw tooLarge(part.sizeBytes)
  return buffer(part.open())
}

function tooLarge(sizeBytes: number): ValenceError {
  return new ValenceError(
    'BODY_TOO_LARGE',
    `The document has ${sizeBytes} bytes; at most ${MAX_DOCUMENT_BYTES} are read`,
  )
}
