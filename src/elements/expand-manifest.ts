import type { Element, Parameter } from '../model/element.ts'
import { configurationRows } from './configuration-rows.ts'
import { completeHooks, expandResources, parameter } from './expand-resources.ts'
import { deepFreeze } from './freeze.ts'
import { type Manifest, pathVariables, readManifest } from './manifest.ts'
import { refuseProblems } from './shape.ts'
import { withStableIds } from './stable-ids.ts'

/**
 * A manifest becomes the element.json of spec 11, with every member of spec 10 §2.1, deeply frozen.
 *
 * @param manifest what the YAML parser gave
 * @param source name of the file, for messages
 * @throws ValenceError MANIFEST_INVALID, one line per problem: `<source>: <path>: expected …, got …`
 */
export function expandManifest(manifest: unknown, source: string): Element {
  return expandElement(readManifest(manifest, source), source)
}

/** The same for a manifest that `readManifest` has checked. */
export function expandElement(manifest: Manifest, source: string): Element {
  const resources = expandResources(manifest)
  refuseDuplicates(resources, source)
  const element: Element = {
    id: manifest.id,
    key: manifest.key,
    name: manifest.name,
    description: manifest.description,
    image: manifest.image ?? 'elements/custom-element-default-logo.png',
    logo: manifest.logo ?? manifest.key,
    hub: manifest.hub,
    active: true,
    deleted: false,
    typeOauth: false,
    trialAccount: false,
    beta: false,
    configuration: configurationRows(manifest),
    // account 1 is the system's; clients tell shipped resources by it (spec 10 §2.6)
    resources: resources.map((resource) => ({ ...resource, ownerAccountId: 1 })),
    parameters: elementParameters(manifest),
    hooks: completeHooks(manifest.raw?.hooks ?? []),
    objects: [],
    models: [],
    defaultTransformations: [],
    objectMetadata: [],
    authentication: { type: manifest.authentication.type },
    protocolType: manifest.protocol ?? 'http',
    transformationsEnabled: true,
    childTransformationsEnabled: true,
    useModelsForMetadata: true,
    bulkDownloadEnabled: false,
    bulkUploadEnabled: false,
    cloneable: true,
    extendable: true,
    extended: false,
    // Clients tell a shipped element by `private === false`, so it is said (spec 10 §2.3).
    private: false,
    paginatorVersion: 'V2',
    modelType: 'basic',
    ...manifest.extra,
  }
  // The round trip makes copies of what YAML anchors share and leaves out members that are undefined.
  return deepFreeze(JSON.parse(JSON.stringify(withStableIds(element))) as Element)
}

function elementParameters(manifest: Manifest): Parameter[] {
  return [
    // Exports always declare what fills the placeholders of the base URL (spec 11 §4.2).
    ...pathVariables(manifest.baseUrl).map((name) => parameter('configuration', name, 'path', name)),
    ...Object.entries(manifest.headers ?? {}).map(([name, template]) => parameter('value', template, 'header', name)),
    ...(manifest.raw?.parameters ?? []).map((row) => ({ source: 'request', required: false, ...row })),
  ]
}

/** Method, path and type together identify a resource (spec 11 §4.1). */
function refuseDuplicates(resources: Element['resources'], source: string): void {
  refuseProblems(source, (report) => {
    const seen = new Set<string>()
    for (const { method, path, type } of resources) {
      const identity = `${method} ${path} (${type})`
      if (seen.has(identity)) report('resources', 'each method, path and type once', identity)
      seen.add(identity)
    }
  })
}
