import type { Resource } from '../../model/element.ts'
import { withoutTrailingSlashes } from '../../model/trim-slashes.ts'
import { configurationRows } from '../configuration-rows.ts'
import { baseUrlOf } from './base-url.ts'
import { authenticationOf } from './credentials.ts'
import type { Doubtful } from './doubts.ts'
import { shortened } from './json-value.ts'
import type { ElementPaging } from './paging.ts'
import { restResources } from './rest-resources.ts'
import type { Credential, ImportedElement, Operation, OperationParameter, Server, VendorApi } from './vendor-api.ts'

export interface Naming {
  hub?: string
  key?: string
  name?: string
}

/** Makes the element of an API that is described by operations. */
export function elementOfApi(api: VendorApi, naming: Naming, doubt: Doubtful): ImportedElement {
  const operations = api.operations.map((operation) => withoutShared(operation, api))
  const { resources, paging } = restResources({ ...api, operations }, hubOf(naming), doubt)
  return assembleElement({ ...api, ...hoisted(resources), pagination: paging }, naming, doubt)
}

/** What all operations have in common is the element's: its address, and what its credentials fill. */
function withoutShared({ server, parameters, ...operation }: Operation, api: VendorApi): Operation {
  const isElsewhere = server && bareAddress(server) !== bareAddress(api.servers[0])
  return {
    ...operation,
    ...(isElsewhere ? { server } : {}),
    parameters: parameters.filter((parameter) => !isFilled(parameter, api.credentials)),
  }
}

function isFilled({ in: place, name }: OperationParameter, credentials: readonly Credential[]): boolean {
  const header = place === 'header' ? name.toLowerCase() : undefined
  if (header === 'authorization') return true
  return credentials.some(
    (credential) =>
      credential.kind === 'key' &&
      credential.in === place &&
      (credential.name === name || credential.name.toLowerCase() === header),
  )
}

const bareAddress = (server: Server | undefined) => server && withoutTrailingSlashes(server.url.replace(/^https?:/, ''))

/** Constants that every resource sends are the element's (spec 11 §3.6). */
function hoisted(resources: readonly Resource[]): { resources: Resource[]; headers: ImportedElement['parameters'] } {
  const constants = ({ parameters = [] }: Resource) => parameters.filter(({ type }) => type === 'value').map(asText)
  const [first, ...others] = resources
  const shared = new Set(first && others.length > 0 ? constants(first) : [])
  for (const other of others) {
    const own = new Set(constants(other))
    for (const row of shared) if (!own.has(row)) shared.delete(row)
  }
  return {
    headers: (first?.parameters ?? []).filter((row) => shared.has(asText(row))),
    resources: resources.map((resource) => ({
      ...resource,
      parameters: (resource.parameters ?? []).filter((row) => !shared.has(asText(row))),
    })),
  }
}

const asText = (row: object) => JSON.stringify(row)

export interface Parts {
  name: string
  description?: string
  protocolType: 'http' | 'odata' | 'soap'
  servers: Server[]
  credentials: Credential[]
  resources: Resource[]
  pagination: ElementPaging
  headers?: ImportedElement['parameters']
  configuration?: Parameters<typeof configurationRows>[0]['configuration']
}

/** The element around resources: address, authentication, configuration with the standard rows, element-wide parameters. */
export function assembleElement(parts: Parts, naming: Naming, doubt: Doubtful): ImportedElement {
  const hub = hubOf(naming)
  const name = naming.name ?? parts.name
  const base = baseUrlOf(parts.servers, doubt)
  const auth = authenticationOf(parts.credentials, hub, doubt)
  const own = [
    ...base.configuration,
    ...auth.configuration,
    ...(parts.configuration ?? []),
    ...pageSizes(parts.pagination),
  ]
  return {
    name,
    ...(naming.key === undefined ? {} : { key: naming.key }),
    description: shortened(parts.description, 1000) ?? name,
    hub,
    authentication: { type: auth.authentication.type },
    protocolType: parts.protocolType,
    configuration: configurationRows({
      authentication: auth.authentication,
      baseUrl: base.url,
      pagination: { type: parts.pagination.type, max: parts.pagination.max, startIndex: parts.pagination.startIndex },
      configuration: own.filter(({ key }, at) => own.findIndex((row) => row.key === key) === at),
    }),
    parameters: [...base.parameters, ...auth.parameters, ...(parts.headers ?? [])],
    resources: [...auth.resources, ...parts.resources],
    hooks: [],
    objects: [],
    models: [],
    transformationsEnabled: true,
    useModelsForMetadata: true,
    bulkDownloadEnabled: false,
    bulkUploadEnabled: false,
    cloneable: true,
    extendable: true,
    private: true,
  }
}

/** JSON per object instead of a number, where objects differ (spec 11 §2.4). */
function pageSizes({ max, maxPerObject }: ElementPaging): { key: string; default: string }[] {
  if (maxPerObject.size === 0) return []
  const sizes = [...maxPerObject, ['default', max] as const].map(([name, size]) => [name, String(size)])
  return [{ key: 'pagination.max', default: JSON.stringify(Object.fromEntries(sizes)) }]
}

export function hubOf({ hub }: Naming): string {
  return (hub ?? 'general').toLowerCase()
}
