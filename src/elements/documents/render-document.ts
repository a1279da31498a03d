import { ValenceError } from '../../errors.ts'
import { complete, type Format, writeDocument } from './document-text.ts'
import type { Documents, Kept } from './documents.ts'
import { type FrameQuery, type FrameSettings, frameOf, isAws, withApiKey } from './frame.ts'
import { inSlices } from './in-slices.ts'
import { findOperation, onlyOperations } from './pick-operation.ts'
import { withBasicDefinitions, withReferencesResolved } from './references.ts'
import type { Api, JsonSchema } from './swagger.ts'
import { toOpenApi } from './to-openapi.ts'

/** What a caller may say of the document that he wants (spec 23 §A1). */
export interface DocumentQuery extends FrameQuery {
  /** `swagger` unless said */
  format?: string | undefined
  operationId?: string | undefined
  /** without extensions in definitions */
  basic: boolean
  resolveReferences: boolean
}

const FORMATS: readonly Format[] = ['swagger', 'openapi31']

/** @throws ValenceError PARAMETER_INVALID */
export function readFormat(format: string | undefined): Format {
  const wanted = format?.toLowerCase() || 'swagger'
  const known = FORMATS.find((one) => one === wanted)
  if (!known) throw new ValenceError('PARAMETER_INVALID', `format: expected swagger or openapi31, got "${format}"`)
  return known
}

/**
 * The document as its caller wants it, as JSON text.
 * @throws ValenceError NOT_FOUND for an unknown operation; PARAMETER_INVALID for a format or base URL that is none
 */
export async function renderDocument(
  documents: Documents,
  kept: Kept | Api,
  query: DocumentQuery,
  settings: FrameSettings,
): Promise<Buffer> {
  const format = readFormat(query.format)
  const frame = frameOf(query, settings)
  const shown = await shapedAs(documents, kept, query)
  return complete('text' in shown ? await shown.text(format) : await inSlices(writeDocument(shown, format)), frame)
}

/** The definitions alone, by name (spec 23 §A1). The same errors. */
export async function renderDefinitions(
  documents: Documents,
  kept: Kept | Api,
  query: DocumentQuery,
): Promise<Readonly<Record<string, JsonSchema>>> {
  const shown = await shapedAs(documents, kept, query)
  const api = 'text' in shown ? shown.api : shown
  if (readFormat(query.format) === 'swagger') return api.definitions
  return (await inSlices(toOpenApi(api))).components.schemas
}

/** What many ask for is kept; what is one caller's, an operation or an instance's own fields, is made anew. */
async function shapedAs(documents: Documents, kept: Kept | Api, query: DocumentQuery): Promise<Kept | Api> {
  if (!('text' in kept)) return inSlices(shaped(kept, query))
  if (query.operationId) return inSlices(shaped(kept.api, query))
  const flags = [query.basic && 'basic', query.resolveReferences && 'resolved', isAws(query.provider) && 'aws']
  const shape = flags.filter((flag) => flag !== false).join(' ')
  return shape === '' ? kept : documents.of(`${kept.key} ${shape}`, () => shaped(kept.api, query))
}

function* shaped(api: Api, { operationId, basic, resolveReferences, provider }: DocumentQuery): Generator<void, Api> {
  let shown = operationId ? onlyOperations(api, [findOperation(api, operationId)]) : api
  if (basic) shown = yield* withBasicDefinitions(shown)
  if (resolveReferences) shown = yield* withReferencesResolved(shown)
  return isAws(provider) ? withApiKey(shown) : shown
}
