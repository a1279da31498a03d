import { buffer } from 'node:stream/consumers'
import Type from 'typebox'
import { importTypeOf } from '../../elements/import/detect-type.ts'
import { importDocument } from '../../elements/import/import-document.ts'
import { MAX_DOCUMENT_BYTES } from '../../elements/import/limits.ts'
import { ValenceError } from '../../errors.ts'
import { createSlots } from '../../instances/slots.ts'
import type { App, Reply, Request } from '../app.ts'
import { callerOf } from '../operations.ts'
import type { ReceiveUpload } from '../receive-upload.ts'

const ConvertQuery = Type.Object({
  type: Type.Optional(Type.String()),
  hub: Type.Optional(Type.String()),
  key: Type.Optional(Type.String()),
  name: Type.Optional(Type.String()),
})

/** More at once would take the machine from the calls of others; an account has one at a time. */
const TURNS = { count: 2, perKey: 1, waitMs: 60_000 }

/**
 * `POST /elements/convert` (spec 10 §2.7): a document becomes an element that is not stored. What its author should check
 * is in `importDoubts`, which `POST /elements` does not take over.
 */
export function convertRoutes(app: App, { receiveUpload }: { receiveUpload: ReceiveUpload }): void {
  const turns = createSlots(TURNS)
  const options = {
    config: { operation: 'elements.convert' as const },
    schema: { querystring: ConvertQuery },
    bodyLimit: MAX_DOCUMENT_BYTES,
  }
  app.register(async (scope: App) => {
    leaveBodies(scope)
    scope.post('/elements/convert', options, async (request, reply) => {
      const caller = callerOf(request)
      const { type, ...naming } = request.query
      const imported = await turns.run(
        async () =>
          importDocument(await readDocument(request, reply, receiveUpload), {
            ...naming,
            ...(type === undefined ? {} : { type: importTypeOf(type) }),
          }),
        [`account ${caller.accountId}`],
      )
      return { ...imported.element, importDoubts: imported.doubts }
    })
  })
}

/** Whatever the document is, it waits in the socket until it is its turn, and goes to the worker unread. */
function leaveBodies(scope: App): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', async (request: Request) => {
    request.upload = /^multipart\/form-data/i.test(request.headers['content-type'] ?? '') ? 'multipart' : 'binary'
    return undefined
  })
}

/** The part `file` of a form, or the whole body. */
async function readDocument(request: Request, reply: Reply, receiveUpload: ReceiveUpload): Promise<Uint8Array> {
  const announced = Number(request.headers['content-length'] ?? 0)
  // the borders of a form come on top
  if (announced > MAX_DOCUMENT_BYTES + 64 * 1024) throw tooLarge(announced)
  const parts = request.upload === undefined ? [] : await receiveUpload(request, reply)
  const part = parts.find(({ name }) => name === 'file') ?? parts.find(({ fileName }) => fileName !== undefined)
  if (!part) {
    throw new ValenceError(
      'BODY_INVALID',
      'The document is missing: send it as the part "file" of multipart/form-data, or as the body',
    )
  }
  if (part.sizeBytes > MAX_DOCUMENT_BYTES) throw tooLarge(part.sizeBytes)
  return buffer(part.open())
}

function tooLarge(sizeBytes: number): ValenceError {
  return new ValenceError(
    'BODY_TOO_LARGE',
    `The document has ${sizeBytes} bytes; at most ${MAX_DOCUMENT_BYTES} are read`,
  )
}
