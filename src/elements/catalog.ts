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
import { type Manifest, readManifest } from './manifest.ts'

export interface Catalog {
  /** expanded, frozen, by ascending id */
  elements: readonly Element[]
  /** by key, alias or numeric id (also as text) */
  find(keyOrId: string | number): Element | undefined
  /** by ascending id */
  hubs: readonly Hub[]
  findHub(key: string): Hub | undefined
  /** hash of the element's content, in hex: two elements with the same version run alike */
  versionOf(element: Element): string
}

interface Loaded {
  manifest: Manifest
  source: string
}

/**
 * Reads every `<folder>/<key>/element.yaml` and `<folder>/hubs.yaml`.
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
      if (manifest) loaded.push({ manifest, source })
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
  const elements = loaded.flatMap(({ manifest, source }) => collect(() => expandElement(manifest, source)) ?? [])
  if (problems.length > 0) throw new ValenceError('MANIFEST_INVALID', problems.join('\n'))
  return createCatalog(elements, aliasesOf(loaded), hubs)
}

function createCatalog(elements: Element[], aliases: Map<string, string>, hubs: Hub[]): Catalog {
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

/** YAML 1.2 with merge keys (`<<`), so that two models can share fields. */
function parseYaml(text: string, source: string): unknown {
  try {
    return parse(text, { merge: true })
  } catch (error) {
    throw new ValenceError('MANIFEST_INVALID', `${source}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
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
