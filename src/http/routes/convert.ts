import { buffer } from 'node:stream/consumers'
import Type from 'typebox'
import { ElementDocument } from '../../elements/export-of.ts'
import type { ImportOptions } from '../../elements/import/convert-document.ts'
import { importTypeOf } from '../../elements/import/detect-type.ts'
import { Doubt } from '../../elements/import/doubts.ts'
import { importDocument } from '../../elements/import/import-document.ts'
import { MAX_DOCUMENT_BYTES } from '../../elements/import/limits.ts'
import type { Part } from '../../elements/part-kinds.ts'
import { ValenceError } from '../../errors.ts'
import { createSlots } from '../../instances/slots.ts'
import type { App, Reply, Request } from '../app.ts'
import { query, uncheckedBody } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import { type Query, single } from '../query.ts'
import type { ReceiveUpload } from '../receive-upload.ts'

const Naming = query({
  type: Type.String({ description: '`swagger`, `soap`, `odata` or `postman`; told from the document when absent' }),
  hub: Type.String({ description: 'Hub of the element; `general` when absent' }),
  key: Type.String({ description: 'Key of the element; made from the name when absent' }),
  name: Type.String({ description: 'Name of the element instead of the document’s' }),
})
const File = Type.String({ contentMediaType: 'application/octet-stream', description: 'The document' })
const Document = uncheckedBody({
  'multipart/form-data': Type.Object({ file: File }),
  'application/octet-stream': File,
})
const Converted = Type.Unsafe<Part>(
  Type.Intersect([
    ElementDocument,
    Type.Object({ importDoubts: Type.Array(Doubt, { description: 'What its author should check' }) }),
  ]),
)

/** More at once would take the machine from the calls of others; an account has one at a time. */
const TURNS = { count: 2, perKey: 1, waitMs: 60_000 }

/**
 * `POST /elements/convert` (spec 10 §2.7): a document becomes an element that is not stored. What its author should check
 * is in `importDoubts`, which `POST /elements` does not take over.
 */
export function convertRoutes(app: App, { receiveUpload }: { receiveUpload: ReceiveUpload }): void {
  const turns = createSlots(TURNS)
  const route = {
    config: { operation: 'elements.convert' as const },
    schema: {
      summary: 'Make an element of a document',
      description: 'OpenAPI, Swagger, WSDL, OData metadata or a Postman collection. Nothing is stored.',
      querystring: Naming,
      body: Document,
      response: { 200: Converted },
    },
    bodyLimit: MAX_DOCUMENT_BYTES,
  }
  app.register(async (scope: App) => {
    leaveBodies(scope)
    scope.post('/elements/convert', route, async (request, reply) => {
      const caller = callerOf(request)
      const options = importOptions(request.query)
      const imported = await turns.run(
        async () => importDocument(await readDocument(request, reply, receiveUpload), options),
        [`account ${caller.accountId}`],
      )
      return { ...imported.element, importDoubts: imported.doubts }
    })
  })
}

/** Empty parameters are none (spec 01 §1). @throws ValenceError PARAMETER_INVALID for a type that is not known */
function importOptions(query: Query): ImportOptions {
  const [type, hub, key, name] = ['type', 'hub', 'key', 'name'].map((one) => single(query[one]) || undefined)
  return { ...(type === undefined ? {} : { type: importTypeOf(type) }), hub, key, name }
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
