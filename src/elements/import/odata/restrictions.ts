import { attributeOf, childOf, childrenOf, type XmlNode } from '../parse-xml.ts'
import type { Metadata } from './metadata.ts'

interface Allowed {
  create: boolean
  update: boolean
  delete: boolean
}

/** What the service says that a set refuses: attributes of SAP, capabilities of version 4 beside the set or elsewhere. */
export function restrictionsOf(set: XmlNode, { schemas }: Metadata): Allowed {
  const elsewhere = schemas
    .flatMap(({ schema }) => childrenOf(schema, 'Annotations'))
    .filter((one) => attributeOf(one, 'Target')?.endsWith(`/${attributeOf(set, 'Name')}`))
  const annotations = [set, ...elsewhere].flatMap((one) => childrenOf(one, 'Annotation'))
  const refused = (term: string, property: string) =>
    annotations
      .filter((annotation) => String(attributeOf(annotation, 'Term')).endsWith(`Capabilities.V1.${term}`))
      .flatMap((annotation) => childrenOf(childOf(annotation, 'Record'), 'PropertyValue'))
      .some((value) => attributeOf(value, 'Property') === property && attributeOf(value, 'Bool') === 'false')
  return {
    create: attributeOf(set, 'creatable') !== 'false' && !refused('InsertRestrictions', 'Insertable'),
    update: attributeOf(set, 'updatable') !== 'false' && !refused('UpdateRestrictions', 'Updatable'),
    delete: attributeOf(set, 'deletable') !== 'false' && !refused('DeleteRestrictions', 'Deletable'),
  }
}
