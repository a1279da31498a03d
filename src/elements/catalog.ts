/**
 * The catalog: all elements and hubs that ship with Valence, read once at start from folders of YAML.
 * Start reading at `loadCatalog`; what routes answer is in `list-elements.ts`, `directory.ts` and `hubs.ts`.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { ValenceError } from '../errors.ts'
import type { Element, Hub } from '../model/element.ts'
import { expandElement } from './expand-manifest.ts'
import { readHubs } from './hub-file.ts'
import type { CanonicalSources, HubModel } from './hub-models/hub-model.ts'
import { readHubModel } from './hub-models/read-hub-model.ts'
import { readSources } from './hub-models/read-sources.ts'
import { type Manifest, readManifest } from './manifest.ts'

export interface Catalog {
  /** expanded, frozen, by ascending id */
  elements: readonly Element[]
  /** by key, alias or numeric id (also as text) */
  find(keyOrId: string | number): Element | undefined
  /** by ascending id */
  hubs: readonly Hub[]
  findHub(key: string): Hub | undefined
  /** models of hubs, by key of the hub */
  models: ReadonlyMap<string, HubModel>
  /** where the objects of its hub's model come from in a shipped element */
  sourcesOf(element: Pick<Element, 'id'>): CanonicalSources | undefined
  /** hash of the element's content, in hex: two elements with the same version run alike */
  versionOf(element: Element): string
}

interface TextFile {
  text: string
  source: string
}

interface Loaded {
  manifest: Manifest
  source: string
  /** `canonical.yaml` */
  canonical: TextFile | undefined
}

/**
 * Reads every `<folder>/<key>/element.yaml` with the `canonical.yaml` beside it, `<folder>/hubs.yaml` and
 * `<folder>/<hub>.model.yaml`.
 *
 * @param folders a folder without `hubs.yaml` uses the hubs of the others
 * @throws ValenceError MANIFEST_INVALID with every problem found, one per line, each naming its file
 */
export async function loadCatalog(folders: readonly string[]): Promise<Catalog> {
  const problems: string[] = []
  const collect = <T>(read: () => T): T | undefined => {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof ValenceError)) throw error
      problems.push(error.message)
      return undefined
    }
  }

  const hubs: Hub[] = []
  const models = new Map<string, HubModel>()
  const loaded: Loaded[] = []
  for (const folder of folders) {
    const hubFile = join(folder, 'hubs.yaml')
    const hubText = await readIfPresent(hubFile)
    if (hubText !== undefined) hubs.push(...(collect(() => readHubs(parseYaml(hubText, hubFile), hubFile)) ?? []))
    for (const name of await subfolders(folder)) {
      const source = join(folder, name, 'element.yaml')
      const text = await readIfPresent(source)
      if (text === undefined) continue
      const manifest = collect(() => readManifest(parseYaml(text, source), source))
      if (manifest?.key !== undefined && manifest.key !== name) {
        problems.push(`${source}: key: expected the name of its folder, "${name}", got "${manifest.key}"`)
      }
      if (manifest)
        loaded.push({ manifest, source, canonical: await readTextFile(join(folder, name, 'canonical.yaml')) })
    }
    for (const { hub, source, text } of await modelFiles(folder)) {
      const model = collect(() => readHubModel(hub, parseYaml(text, source), source))
      if (model) models.set(hub, model)
    }
  }

  problems.push(...collisions(loaded), ...hubCollisions(hubs))
  for (const { manifest, source } of loaded) {
    if (!hubs.some((hub) => hub.key === manifest.hub)) {
      problems.push(
        `${source}: hub: expected one of the hubs ${hubs.map((hub) => hub.key).join(', ')}, got "${manifest.hub}"`,
      )
    }
  }
  const sources = new Map<number, CanonicalSources>()
  const elements = loaded.flatMap(({ manifest, source, canonical }) => {
    const element = collect(() => expandElement(manifest, source))
    const found = element && canonical && collect(() => sourcesIn(canonical, element, models))
    if (element && found) sources.set(element.id, found)
    return element ?? []
  })
  if (problems.length > 0) throw new ValenceError('MANIFEST_INVALID', problems.join('\n'))
  return createCatalog({ elements, aliases: aliasesOf(loaded), hubs, models, sources })
}

function sourcesIn(
  { text, source }: TextFile,
  element: Element,
  models: ReadonlyMap<string, HubModel>,
): CanonicalSources {
  return readSources(element, models.get(element.hub), parseYaml(text, source), source)
}

function createCatalog({
  elements,
  aliases,
  hubs,
  models,
  sources,
}: {
  elements: Element[]
  aliases: Map<string, string>
  hubs: Hub[]
  models: ReadonlyMap<string, HubModel>
  sources: ReadonlyMap<number, CanonicalSources>
}): Catalog {
  const sorted = Object.freeze(elements.toSorted((a, b) => a.id - b.id))
  const sortedHubs = Object.freeze(hubs.toSorted((a, b) => a.id - b.id))
  const byName = new Map<string, Element>()
  for (const element of sorted) byName.set(String(element.id), element).set(element.key, element)
  for (const [alias, key] of aliases) {
    const element = byName.get(key)
    if (element) byName.set(alias, element)
  }
  const hubsByKey = new Map(sortedHubs.map((hub) => [hub.key, hub]))
  const versions = new WeakMap<Element, string>()
  return Object.freeze({
    elements: sorted,
    hubs: sortedHubs,
    find: (keyOrId: string | number) => byName.get(String(keyOrId)),
    findHub: (key: string) => hubsByKey.get(key),
    models,
    sourcesOf: ({ id }: Pick<Element, 'id'>) => sources.get(id),
    versionOf(element: Element) {
      const version = versions.get(element) ?? createHash('sha256').update(JSON.stringify(element)).digest('hex')
      versions.set(element, version)
      return version
    },
  })
}

function aliasesOf(loaded: readonly Loaded[]): Map<string, string> {
  return new Map(
    loaded.flatMap(({ manifest }) => (manifest.aliases ?? []).map((alias) => [alias, manifest.key] as const)),
  )
}

/** Keys, aliases and ids share one space: `/elements/{keyOrId}` takes any of them. */
function collisions(loaded: readonly Loaded[]): string[] {
  const owners = new Map<string, string>()
  const problems: string[] = []
  for (const { manifest, source } of loaded) {
    const names = [
      ['id', String(manifest.id)],
      ['key', manifest.key],
      ...(manifest.aliases ?? []).map((alias) => ['aliases', alias]),
    ]
    for (const [path, name] of names as [string, string][]) {
      const owner = owners.get(name)
      if (owner !== undefined)
        problems.push(`${source}: ${path}: expected a value that ${owner} does not use, got "${name}"`)
      else owners.set(name, source)
    }
  }
  return problems
}

function hubCollisions(hubs: readonly Hub[]): string[] {
  return hubs.flatMap((hub, index) =>
    hubs.slice(0, index).some((other) => other.key === hub.key || other.id === hub.id)
      ? [`hubs.yaml: expected each hub key and id once, got "${hub.key}" with id ${hub.id} again`]
      : [],
  )
}

/** Resources that share parts, which share parts, count each of them; files of the catalog are the operator's own. */
const MAX_ALIASES = 1000

/** YAML 1.2 with merge keys (`<<`), so that two models can share fields. */
function parseYaml(text: string, source: string): unknown {
  try {
    return parse(text, { merge: true, maxAliasCount: MAX_ALIASES })
  } catch (error) {
    throw new ValenceError('MANIFEST_INVALID', `${source}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

async function readTextFile(source: string): Promise<TextFile | undefined> {
  const text = await readIfPresent(source)
  return text === undefined ? undefined : { text, source }
}

const MODEL_ENDING = '.model.yaml'

/** The files `<hub>.model.yaml` of a folder. */
async function modelFiles(folder: string): Promise<(TextFile & { hub: string })[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(MODEL_ENDING)).toSorted()
  return Promise.all(
    names.map(async (name) => {
      const source = join(folder, name)
      return { hub: name.slice(0, -MODEL_ENDING.length), source, text: await readFile(source, 'utf8') }
    }),
  )
}

async function subfolders(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .toSorted()
  } catch (cause) {
    throw new ValenceError('MANIFEST_INVALID', `${folder}: expected a readable folder of elements`, { cause })
  }
}

async function readIfPresent(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
