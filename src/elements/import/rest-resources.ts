import type { Parameter, Resource } from '../../model/element.ts'
import type { Doubtful } from './doubts.ts'
import { type Draft, draftOf, isModelled } from './drafts.ts'
import { shortened } from './json-value.ts'
import { MAX_DESCRIPTION, MAX_PARTS, MAX_RESOURCES, MAX_SAMPLE_CHARACTERS } from './limits.ts'
import { buildModels, createModelNames } from './models.ts'
import { type ElementPaging, elementPaging, fits, type ListPaging } from './paging.ts'
import { createPlatformPaths } from './platform-paths.ts'
import { accept, bodyParameters, plainParameters, whereParameter } from './request-parameters.ts'
import type { Definitions, Operation, VendorApi } from './vendor-api.ts'
import { withReadablePath } from './vendor-path.ts'

/**
 * Operations become resources (spec 11 §4) with paging, root keys and models recognized from parameters and schemas.
 *
 * @param hub of the element, lower case
 */
export function restResources(
  { operations, definitions }: Pick<VendorApi, 'operations' | 'definitions'>,
  hub: string,
  doubt: Doubtful,
): { resources: Resource[]; paging: ElementPaging } {
  const kept = withinLimits(operations).map(withReadablePath)
  if (kept.length < operations.length) {
    doubt(
      'paths',
      `only the first ${kept.length} of ${operations.length} operations are taken: import the others as an element of their own`,
    )
  }
  const platformPaths = createPlatformPaths(kept.map(({ path, platformPath }) => platformPath ?? path))
  const drafts = draftsOf(kept, (operation) => draftOf(operation, platformPaths, definitions, doubt))
  const paging = elementPaging(
    drafts.flatMap((draft) => draft.paging ?? []),
    doubt,
  )
  const names = createModelNames(definitions)
  const plans = drafts.map(({ operation, envelope, request, noun }) => ({
    answer: operation.method === 'DELETE' ? undefined : names.answer(envelope, noun),
    request: names.request(isModelled(operation) ? request?.schema : undefined, noun, operation.method),
  }))
  const { models, shortened: isShort } = buildModels(plans, definitions)
  if (isShort) doubt('models', 'the document is large: models leave out descriptions and nested definitions')
  const resources = drafts.map((draft, at) => resourceOf(draft, models[at], hub, paging, definitions, doubt))
  return { resources, paging }
}

/** As many as one element may have (docs/elements-api.md). */
function withinLimits(operations: readonly Operation[]): Operation[] {
  let parts = 0
  const end = operations.findIndex(({ parameters, rows = [] }) => {
    // a resource, its parameters, and what a body, a filter and media types add
    parts += parameters.length + rows.length + 6
    return parts > MAX_PARTS
  })
  return operations.slice(0, Math.min(end < 0 ? operations.length : end, MAX_RESOURCES))
}

/** In the order of the document, but operations that have a name to fall back on find a path last. */
function draftsOf(operations: readonly Operation[], draft: (operation: Operation) => Draft): Draft[] {
  const named = (operation: Operation) => Number(operation.platformName !== undefined)
  const drafts = new Map(
    operations.toSorted((a, b) => named(a) - named(b)).map((operation) => [operation, draft(operation)]),
  )
  return operations.flatMap((operation) => drafts.get(operation) ?? [])
}

function resourceOf(
  draft: Draft,
  model: Resource['model'],
  hub: string,
  elementsPaging: ElementPaging,
  definitions: Definitions,
  doubt: Doubtful,
): Resource {
  const { operation, place, platform } = draft
  const rootKey = operation.rootKey ?? rootKeyOf(draft)
  const paging = pagingOf(draft, elementsPaging, doubt)
  return {
    method: operation.method,
    path: `/hubs/${hub}${platform.path}`,
    vendorMethod: operation.vendorMethod ?? operation.method,
    vendorPath: vendorPathOf(operation, place, doubt),
    type: 'api',
    kind: 'eb',
    ...(rootKey ? { rootKey } : {}),
    ...paging.members,
    ...(operation.operationId === undefined ? {} : { operationId: operation.operationId }),
    description: shortened(operation.description, MAX_DESCRIPTION) ?? place,
    parameters: unique([
      ...plainParameters(operation, platform.variables, paging.list),
      ...(paging.list ? whereParameter(operation, paging.list) : []),
      ...(operation.body ? bodyParameters(operation.body, model?.requestName, definitions, place, doubt) : []),
      ...acceptOf(operation),
      ...(operation.rows ?? []),
    ]),
    hooks: [],
    response: { contentType: 'application/json', ...sampleOf(operation, place, doubt) },
    ...(model ? { model } : {}),
  }
}

/** An operation with an address of its own carries it whole (spec 11 §3.10). */
function vendorPathOf({ path, server }: Operation, place: string, doubt: Doubtful): string {
  if (!server) return path
  const url = server.url.replace(/\{([^{}]+)\}/g, (whole, name: string) => server.variables?.[name]?.default ?? whole)
  if (/^https:\/\/[^{}\s]+$/i.test(url)) return url.replace(/\/+$/, '') + path
  doubt(place, `has the address "${server.url}" of its own, which is left out`)
  return path
}

function rootKeyOf({ envelope, request }: Draft): string | undefined {
  const [before, after] = [request?.path.join('.') ?? '', envelope.path.join('.')]
  return before === '' && after === '' ? undefined : `${before}|${after}`
}

/** How this list pages, and the members of its resource that say so. */
function pagingOf(
  { paging, place }: Draft,
  element: ElementPaging,
  doubt: Doubtful,
): { list: ListPaging | undefined; members: Partial<Resource> } {
  if (!paging) return { list: undefined, members: {} }
  const bare: ListPaging = {
    noun: paging.noun,
    style: undefined,
    size: undefined,
    position: undefined,
    cursor: undefined,
    nextPageKey: undefined,
  }
  // the vendor sends everything it has: pages are cut by the platform (spec 11 §5.2)
  if (!paging.style && !paging.size) return { list: bare, members: { paginationType: 'VENDOR_NOT_SUPPORTED' } }
  if (!fits(paging, element)) {
    doubt(
      place,
      `pages by ${paging.style}, the element by ${element.type}: its paging parameters are passed on as they are`,
    )
    return { list: bare, members: { paginationType: 'NO_PAGINATION' } }
  }
  if (!paging.style)
    doubt(place, 'takes a page size, but how to ask for the next page is not clear: only the first page is reached')
  if (paging.style === 'cursor' && paging.nextPageKey === undefined) {
    doubt(
      place,
      `takes the cursor "${paging.cursor?.name}", but where its answer holds the next one is not clear: set nextPageKey`,
    )
  }
  return {
    list: paging,
    members: {
      ...(paging.nextPageKey === undefined ? {} : { nextPageKey: paging.nextPageKey }),
      ...(element.maxPerObject.has(paging.noun) ? { objectName: paging.noun } : {}),
    },
  }
}

function acceptOf({ answer, parameters }: Operation): Parameter[] {
  const type = answer?.contentType
  if (type === undefined || type === 'application/json' || type === '*/*') return []
  if (parameters.some(({ in: place, name }) => place === 'header' && name.toLowerCase() === 'accept')) return []
  return [accept(type)]
}

function sampleOf({ answer, method }: Operation, place: string, doubt: Doubtful): { sampleData?: string } {
  if (answer?.sample === undefined) {
    if (method === 'GET') doubt(place, 'has no example of an answer')
    return {}
  }
  const text = typeof answer.sample === 'string' ? answer.sample : JSON.stringify(answer.sample)
  return text.length > MAX_SAMPLE_CHARACTERS ? {} : { sampleData: text }
}

/** Each destination once; the first row of a document's duplicates stays. */
function unique(rows: Parameter[]): Parameter[] {
  const seen = new Set<string>()
  return rows.filter(({ vendorType, vendorName, type, name }) => {
    const destination = `to ${vendorType} ${vendorType === 'header' ? vendorName.toLowerCase() : vendorName}`
    const origin = `from ${type} ${name}`
    if (seen.has(destination) || (type !== 'value' && seen.has(origin))) return false
    seen.add(destination).add(origin)
    return true
  })
}
