import type { Schema } from '../../model/element.ts'
import type { Doubtful } from './doubts.ts'
import { type Envelope, listEnvelope, requestEnvelope, singleEnvelope } from './envelopes.ts'
import { endsWithVariable, nounOf } from './nouns.ts'
import { type ListPaging, listPaging } from './paging.ts'
import type { createPlatformPaths, PlatformPath } from './platform-paths.ts'
import { resolved } from './schemas.ts'
import type { Definitions, Operation } from './vendor-api.ts'

/** What is known of one operation before its resource is written. */
export interface Draft {
  operation: Operation
  /** `GET /contacts`, for doubts */
  place: string
  platform: PlatformPath
  noun: string
  envelope: Envelope
  request: Envelope | undefined
  paging: ListPaging | undefined
}

/** Parts of a multipart body are parameters of their own. */
export function isModelled({ body }: Operation): boolean {
  return body !== undefined && body.kind !== 'multipart' && body.kind !== 'raw'
}

/** Looks at one operation: its place on the platform, what stands around its bodies, how it pages. */
export function draftOf(
  operation: Operation,
  platformPaths: ReturnType<typeof createPlatformPaths>,
  definitions: Definitions,
  doubt: Doubtful,
): Draft {
  const place = `${operation.method} ${operation.path}`
  const platform = platformPaths(operation.method, operation.platformPath ?? operation.path, operation.platformName)
  if (platform.renamed) doubt(place, 'another operation answers the same path: this one got a name of its own')
  const noun = nounOf(platform.path)
  const list = operation.method === 'GET' ? listOf(operation, platform.path, noun, definitions) : undefined
  const envelope = list ?? answerEnvelope(operation, noun, definitions)
  return {
    operation,
    place,
    platform,
    noun,
    envelope,
    request: operation.body && requestOf(operation, noun, definitions),
    paging: list && listPaging(operation, noun, definitions),
  }
}

/** What stands around an answer about one thing; in XML always its element. */
function answerEnvelope({ answer, rootKey }: Operation, noun: string, definitions: Definitions): Envelope {
  if (isXml(answer)) return { isList: false, path: answer?.xmlRoot ? [answer.xmlRoot] : [], schema: answer?.schema }
  return rootKey === undefined ? singleEnvelope(answer?.schema, noun, definitions) : bare(answer?.schema)
}

const isXml = (answer: Operation['answer']) => /\bxml\b/i.test(answer?.contentType ?? '')

/** A list is what answers an array, or has one inside and does not read one thing by its id. */
function listOf(operation: Operation, path: string, noun: string, definitions: Definitions): Envelope | undefined {
  // in XML one record is no list: what comes out of the element's list could not be told from it
  if (isXml(operation.answer)) return undefined
  const answer = operation.answer?.schema
  if (resolved(answer, definitions)?.type === 'array') return { isList: true, path: [], schema: answer }
  if (operation.rootKey !== undefined) return undefined
  const pages = listPaging(operation, noun, definitions)
  const readsOne = endsWithVariable(path) && pages.style === undefined && pages.size === undefined
  return readsOne ? undefined : listEnvelope(answer, noun, definitions)
}

function requestOf({ body, rootKey }: Operation, noun: string, definitions: Definitions): Envelope {
  if (body?.xmlRoot !== undefined) return { isList: false, path: [body.xmlRoot], schema: body.schema }
  const mayWrap = body?.kind === 'json' && rootKey === undefined
  return mayWrap ? requestEnvelope(body.schema, noun, definitions) : bare(body?.schema)
}

const bare = (schema: Schema | undefined): Envelope => ({ isList: false, path: [], schema })
