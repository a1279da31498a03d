import Type from 'typebox'
import type { Kept } from '../elements/documents/documents.ts'
import type { FrameSettings } from '../elements/documents/frame.ts'
import { type DocumentQuery as DocumentWish, renderDocument } from '../elements/documents/render-document.ts'
import type { Api } from '../elements/documents/swagger.ts'
import type { InstanceContext } from '../instances/context.ts'
import type { InstanceDocumentContext } from '../instances/instance-documents.ts'
import type { Reply, Request } from './app.ts'
import { API_PREFIX } from './dispatch.ts'
import { flag } from './openapi/describe-route.ts'
import { isTrue, type Query, singles } from './query.ts'
import { JSON_TYPE } from './reply-headers.ts'

export interface DocumentDeps {
  documents: InstanceDocumentContext
  context: Pick<InstanceContext, 'publicUrl'>
  /** `provider=aws` names it (`VALENCE_GATEWAY_HOST`) */
  gatewayHost: string
}

/** What a document may be asked to be like (spec 23 §A1). */
export const DocumentQuery = {
  format: Type.String({ description: '`swagger` (2.0) unless said, or `openapi31`' }),
  operationId: Type.String({ description: 'Only this operation, and the definitions that it needs' }),
  version: Type.String({ description: 'Version of the document; `-1` is the newest' }),
  baseUrl: Type.String({ description: 'Address that the document names in place of this hub’s' }),
  provider: Type.String({ description: '`aws`: as the gateway has it, with the header `x-api-key`' }),
  basic: flag('Definitions without extensions (`x-…`)'),
  resolveReferences: flag('References inside of definitions are written out'),
}

export const DOCUMENT = Type.Unsafe<Reply>(
  Type.Object(
    {},
    { additionalProperties: true, title: 'Document', description: 'A document of Swagger 2.0 or OpenAPI 3.1' },
  ),
)

/** Text that was made before is handed out as it is: a document may have megabytes. */
export async function answerDocument(
  deps: DocumentDeps,
  request: Request,
  reply: Reply,
  document: Kept | Api,
  more: { operationId?: string } = {},
): Promise<Reply> {
  const wish = { ...wishOf(request.query as Query), ...more }
  const text = await renderDocument(deps.documents.documents, document, wish, settingsOf(deps))
  return reply.type(JSON_TYPE).send(text)
}

export function wishOf(query: Query): DocumentWish {
  const { format, operationId, baseUrl, provider } = singles(query)
  return {
    format,
    operationId,
    baseUrl,
    provider,
    basic: isTrue(query['basic']),
    resolveReferences: isTrue(query['resolveReferences']),
  }
}

export function settingsOf({ context, gatewayHost }: DocumentDeps): FrameSettings {
  return { publicUrl: context.publicUrl(), apiPrefix: API_PREFIX, gatewayHost }
}
