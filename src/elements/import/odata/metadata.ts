import { ValenceError } from '../../../errors.ts'
import { attributeOf, childOf, childrenOf, parseXml, type XmlNode } from '../parse-xml.ts'

export type ODataVersion = 2 | 3 | 4

export interface Metadata {
  version: ODataVersion
  schemas: { namespace: string; alias: string | undefined; schema: XmlNode }[]
  container: XmlNode
  /** `ODataDemo.DemoService` */
  containerName: string
  otherContainers: string[]
  /** whether the service is one of SAP's, told by its annotations */
  isSap: boolean
}

/** @throws ValenceError IMPORT_INVALID when there is no entity container */
export function readMetadata(text: string): Metadata {
  const edmx = parseXml(text)
  const services = childOf(edmx, 'DataServices') ?? edmx
  const schemas = childrenOf(services, 'Schema').map((schema) => ({
    namespace: attributeOf(schema, 'Namespace') ?? '',
    alias: attributeOf(schema, 'Alias'),
    schema,
  }))
  const containers = schemas.flatMap(({ namespace, schema }) =>
    childrenOf(schema, 'EntityContainer').map((container) => ({
      name: `${namespace}.${attributeOf(container, 'Name') ?? 'Container'}`,
      container,
    })),
  )
  const chosen =
    containers.find(({ container }) => attributeOf(container, 'IsDefaultEntityContainer') === 'true') ?? containers[0]
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

function versionOf(edmx: XmlNode, services: XmlNode): ODataVersion {
  if (attributeOf(edmx, 'Version')?.startsWith('4')) return 4
  const versions = ['DataServiceVersion', 'MaxDataServiceVersion'].map((name) => attributeOf(services, name))
  return versions.some((version) => version?.startsWith('3')) ? 3 : 2
}
