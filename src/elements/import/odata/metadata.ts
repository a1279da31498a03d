import { ValenceError } from '../../../errors.ts'
import { isObject, type JsonObject, listOf, memberOf, textOf } from '../json-value.ts'
import { parseXml } from '../parse-xml.ts'

export type ODataVersion = 2 | 3 | 4

export interface Metadata {
  version: ODataVersion
  schemas: { namespace: string; alias: string | undefined; schema: JsonObject }[]
  container: JsonObject
  /** `ODataDemo.DemoService` */
  containerName: string
  otherContainers: string[]
  /** whether the service is one of SAP's, told by its annotations */
  isSap: boolean
}

/** @throws ValenceError IMPORT_INVALID when there is no entity container */
export function readMetadata(text: string): Metadata {
  const edmx = firstOf(parseXml(text), 'Edmx')
  const services = firstOf(edmx, 'DataServices') ?? edmx
  const schemas = childrenOf(services, 'Schema').map((schema) => ({
    namespace: textOf(schema['Namespace']) ?? '',
    alias: textOf(schema['Alias']),
    schema,
  }))
  const containers = schemas.flatMap(({ namespace, schema }) =>
    childrenOf(schema, 'EntityContainer').map((container) => ({
      name: `${namespace}.${textOf(container['Name']) ?? 'Container'}`,
      container,
    })),
  )
  const chosen = containers.find(({ container }) => container['IsDefaultEntityContainer'] === 'true') ?? containers[0]
  if (!chosen) throw new ValenceError('IMPORT_INVALID', 'The OData metadata has no EntityContainer')
  return {
    version: versionOf(edmx, services),
    schemas,
    container: chosen.container,
    containerName: chosen.name.replace(/^\./, ''),
    otherContainers: containers.filter((one) => one !== chosen).map(({ name }) => name),
    isSap: /xmlns:\w+="[^"]*sap\.com/i.test(text.slice(0, 20_000)),
  }
}

function versionOf(edmx: JsonObject | undefined, services: JsonObject | undefined): ODataVersion {
  if (String(edmx?.['Version'] ?? '').startsWith('4')) return 4
  const versions = [services?.['DataServiceVersion'], services?.['MaxDataServiceVersion']].map(String)
  return versions.some((version) => version.startsWith('3')) ? 3 : 2
}

/** Child elements of a name. */
export function childrenOf(parent: unknown, name: string): JsonObject[] {
  return listOf(memberOf(parent, name)).filter(isObject)
}

export function firstOf(parent: unknown, name: string): JsonObject | undefined {
  return childrenOf(parent, name)[0]
}
