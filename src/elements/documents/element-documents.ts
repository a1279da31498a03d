import { ValenceError } from '../../errors.ts'
import { type ElementDirectory, type ElementEntry, elementNotFound, type Viewer } from '../directory.ts'
import type { Documents, Kept } from './documents.ts'
import { elementApi } from './element-api.ts'
import { mergeApis, type Part } from './merge-apis.ts'
import { objectOfPath } from './object-names.ts'
import { onlyOperations } from './pick-operation.ts'
import { type Api, operationsOf } from './swagger.ts'

/** Documents of elements and hubs; `instances/instance-documents.ts` adds what is one customer's. */
export interface ElementDocumentContext {
  elements: ElementDirectory
  documents: Documents
}

/** of the account's own elements in a hub of its own: so many are in its document */
const MAX_OWN_ELEMENTS = 25
/** of all of them; the first is in it, however large */
const MAX_OWN_BYTES = 16 * 1024 * 1024

/** The document of an element, made once for each of its versions. */
export function documentOf(
  { documents }: Pick<ElementDocumentContext, 'documents'>,
  entry: ElementEntry,
): Promise<Kept> {
  return documents.of(`element ${entry.version}`, () => elementApi(entry.element))
}

/** @throws ValenceError ELEMENT_NOT_FOUND (404) for one that the viewer does not see */
export async function elementDocument(
  context: ElementDocumentContext,
  viewer: Viewer | undefined,
  keyOrId: string,
): Promise<Kept> {
  return documentOf(context, await context.elements.require(viewer, keyOrId))
}

export interface DocumentVersion {
  version: string
  /** it is what `version=-1` answers */
  newest: boolean
}

/** `GET /elements/{id}/versions`: only the newest is kept. */
export async function documentVersions(
  { elements }: ElementDocumentContext,
  viewer: Viewer | undefined,
  keyOrId: string,
): Promise<DocumentVersion[]> {
  return [{ version: (await elements.require(viewer, keyOrId)).version, newest: true }]
}

/** @throws ValenceError NOT_FOUND (404) for any version but the newest (`-1`) */
export function assertVersion(version: string | undefined, entry: Pick<ElementEntry, 'version'>): void {
  if (version === undefined || version === '' || version === '-1' || version === entry.version) return
  throw new ValenceError('NOT_FOUND', `There is no version "${version}" of the document; -1 is the newest`)
}

/**
 * The document of a hub: what its shipped elements have of resources, so it is the same for everybody. A hub that an account made has the
 * account's elements in it.
 * @returns undefined when there is no such hub
 */
export async function hubDocument(
  context: ElementDocumentContext,
  viewer: Viewer | undefined,
  hub: string,
  ownHubs: () => Promise<readonly string[]>,
): Promise<Kept | undefined> {
  const { shipped } = context.elements
  if (shipped.findHub(hub)) {
    const entries = shipped.elements.filter((element) => element.hub === hub).map(({ id }) => shippedEntry(context, id))
    return unionOf(context, hub, await Promise.all(entries))
  }
  if (!viewer || !(await ownHubs()).includes(hub)) return undefined
  const lines = (await context.elements.list(viewer)).filter(({ summary }) => summary['hub'] === hub)
  const entries = await Promise.all(fitting(lines).map((line) => line.load()))
  return unionOf(
    context,
    hub,
    entries.filter((entry) => entry !== undefined),
  )
}

function fitting<Line extends { sizeBytes: number }>(lines: readonly Line[]): Line[] {
  let bytes = 0
  return lines.slice(0, MAX_OWN_ELEMENTS).filter(({ sizeBytes }, at) => {
    bytes += sizeBytes
    return at === 0 || bytes <= MAX_OWN_BYTES
  })
}

/** `GET /docs/all_hubs`: all shipped elements of all hubs. */
export async function allHubsDocument(context: ElementDocumentContext): Promise<Kept> {
  const { elements } = context.elements.shipped
  const hubOrder = [...context.elements.shipped.hubs.map(({ key }) => key)]
  const sorted = elements.toSorted((a, b) => hubOrder.indexOf(a.hub) - hubOrder.indexOf(b.hub))
  return unionOf(context, 'all_hubs', await Promise.all(sorted.map(({ id }) => shippedEntry(context, id))))
}

async function shippedEntry({ elements }: ElementDocumentContext, id: number): Promise<ElementEntry> {
  const entry = await elements.find(undefined, id)
  if (!entry) throw elementNotFound(id)
  return entry
}

async function unionOf(
  context: ElementDocumentContext,
  title: string,
  entries: readonly ElementEntry[],
): Promise<Kept> {
  const key = `union ${title} ${entries.map(({ version }) => version).join(' ')}`
  return context.documents.of(key, async () => {
    const parts: Part[] = []
    for (const entry of entries) {
      const { api } = await documentOf(context, entry)
      parts.push({ key: entry.element.key, api: ownResources(api) })
    }
    return mergeApis(parts, { title, version: 'api-v2', 'x-element-hub': title })
  })
}

/** Without what is about any object, or none. */
function ownResources(api: Api): Api {
  return onlyOperations(
    api,
    [...operationsOf(api)].filter(({ path }) => objectOfPath(path) !== undefined),
  )
}
