import type { JsonObject } from '../json-value.ts'
import { childrenOf, firstOf, type Metadata } from './metadata.ts'

export interface Allowed {
  create: boolean
  update: boolean
  delete: boolean
}

/** What the service says that a set refuses: attributes of SAP, capabilities of version 4 beside the set or elsewhere. */
export function restrictionsOf(set: JsonObject, { schemas }: Metadata): Allowed {
  const elsewhere = schemas
    .flatMap(({ schema }) => childrenOf(schema, 'Annotations'))
    .filter(({ Target }) => String(Target).endsWith(`/${set['Name']}`))
  const annotations = [set, ...elsewhere].flatMap((one) => childrenOf(one, 'Annotation'))
  const refused = (term: string, property: string) =>
    annotations
      .filter((annotation) => String(annotation['Term']).endsWith(`Capabilities.V1.${term}`))
      .flatMap((annotation) => childrenOf(firstOf(annotation, 'Record'), 'PropertyValue'))
      .some((value) => value['Property'] === property && value['Bool'] === 'false')
  return {
    create: set['creatable'] !== 'false' && !refused('InsertRestrictions', 'Insertable'),
    update: set['updatable'] !== 'false' && !refused('UpdateRestrictions', 'Updatable'),
    delete: set['deletable'] !== 'false' && !refused('DeleteRestrictions', 'Deletable'),
  }
}
