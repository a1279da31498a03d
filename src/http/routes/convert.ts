import Type from 'typebox'
import { ElementDocument } from '../../elements/export-of.ts'
import type { ImportOptions } from '../../elements/import/convert-document.ts'
import { importTypeOf } from '../../elements/import/detect-type.ts'
import { Doubt } from '../../elements/import/doubts.ts'
import { importDocument } from '../../elements/import/import-document.ts'
import { MAX_DOCUMENT_BYTES } from '../../elements/import/limits.ts'
import type { Part } from '../../elements/part-kinds.ts'
import { createSlots } from '../../instances/slots.ts'
import type { App } from '../app.ts'
import { query, uncheckedBody } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import { type Query, single } from '../query.ts'
import { leaveBodies, readFile } from '../read-file.ts'
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

const DOCUMENT = { what: 'document', maxBytes: MAX_DOCUMENT_BYTES }

/** More at once would take the machine from the calls of others; an account has one at a time. */
const TURNS = { what: 'Reading a document', count: 2, perKey: 1, waitMs: 60_000, maxWaiting: 50 }

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
        async () => importDocument(await readFile(request, reply, receiveUpload, DOCUMENT), options),
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
