import { ValenceError } from '../../errors.ts'
import { complete, type Format, writeDocument } from './document-text.ts'
import type { Documents, Kept } from './documents.ts'
import { type FrameQuery, type FrameSettings, frameOf, isAws, withApiKey } from './frame.ts'
import { inSlices } from './in-slices.ts'
import { findOperation, onlyOperations } from './pick-operation.ts'
import { withoutExtensions, withReferencesResolved } from './references.ts'
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

const FORMATS: Readonly<Record<string, Format>> = {
  swagger: 'swagger',
  swagger2: 'swagger',
  'swagger 2.0': 'swagger',
  openapi31: 'openapi31',
  openapi: 'openapi31',
  'openapi3.1': 'openapi31',
}

/** @throws ValenceError PARAMETER_INVALID */
export function readFormat(format: string | undefined): Format {
  const known = FORMATS[(format ?? '').toLowerCase() || 'swagger']
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
  const isWhole = !query.operationId && !query.basic && !query.resolveReferences
  if (isWhole && 'text' in kept) {
    const shown = isAws(query.provider) ? await documents.of(`${kept.key} aws`, () => once(withApiKey(kept.api))) : kept
    return complete(await shown.text(format), frame)
  }
  const api = shaped('text' in kept ? kept.api : kept, query)
  return complete(await inSlices(writeDocument(isAws(query.provider) ? withApiKey(api) : api, format)), frame)
}

/** The definitions alone, by name (spec 23 §A1). The same errors. */
export async function renderDefinitions(
  kept: Kept | Api,
  query: Omit<DocumentQuery, keyof FrameQuery>,
): Promise<Readonly<Record<string, JsonSchema>>> {
  const api = shaped('text' in kept ? kept.api : kept, query)
  if (readFormat(query.format) === 'swagger') return api.definitions
  return (await inSlices(toOpenApi(api))).components.schemas
}

function shaped(api: Api, { operationId, basic, resolveReferences }: Omit<DocumentQuery, keyof FrameQuery>): Api {
  const picked = operationId ? onlyOperations(api, [findOperation(api, operationId)]) : api
  const plain = basic ? { ...picked, definitions: mapped(picked.definitions, withoutExtensions) } : picked
  return resolveReferences ? withReferencesResolved(plain) : plain
}

function mapped(definitions: Api['definitions'], change: (schema: JsonSchema) => JsonSchema): Api['definitions'] {
  return Object.fromEntries(Object.entries(definitions).map(([name, schema]) => [name, change(schema)]))
}

// biome-ignore lint/correctness/useYield: what was made in one step
function* once(api: Api): Generator<void, Api> {
  return api
}
