import { attributeOf, childOf, childrenOf, type XmlNode } from '../parse-xml.ts'
import type { Operation } from '../vendor-api.ts'
import { itemRoot, listRoot, literalOf } from './addresses.ts'
import type { EntityTypes } from './entity-types.ts'
import type { Metadata } from './metadata.ts'

interface Reading {
  metadata: Metadata
  types: EntityTypes
}

/** Arguments stand in the address: before version 4 as query, then in parentheses. */
export function functionOperation(one: XmlNode, { metadata: { version, schemas }, types }: Reading): Operation[] {
  const name = attributeOf(one, 'Name')
  if (name === undefined) return []
  const declared = version === 4 ? unbound(schemas, 'Function', attributeOf(one, 'Function')) : one
  const parameters = childrenOf(declared, 'Parameter').filter((entry) =>
    ['In', undefined].includes(attributeOf(entry, 'Mode')),
  )
  const values = parameters.map((entry) => {
    const variable = attributeOf(entry, 'Name') ?? ''
    return `${variable}=${literalOf(attributeOf(entry, 'Type') ?? '', `{${variable}}`, version)}`
  })
  const returned = attributeOf(one, 'ReturnType') ?? attributeOf(childOf(declared, 'ReturnType'), 'Type')
  const isList = returned?.startsWith('Collection(') ?? false
  return [
    {
      method: attributeOf(one, 'HttpMethod') === 'POST' ? 'POST' : 'GET',
      path:
        version === 4 ? `/${name}(${values.join(',')})` : `/${name}${values.length > 0 ? `?${values.join('&')}` : ''}`,
      platformPath: `/${name}`,
      description: `Call the function ${name}`,
      parameters: [],
      rootKey: isList ? listRoot(version) : itemRoot(version),
      ...(returned === undefined ? {} : { answer: { schema: types.schemaOf(returned), headers: [] } }),
    },
  ]
}

/** Arguments travel in the body. */
export function actionOperation(one: XmlNode, { metadata: { version, schemas }, types }: Reading): Operation[] {
  const name = attributeOf(one, 'Name')
  if (name === undefined) return []
  const declared = unbound(schemas, 'Action', attributeOf(one, 'Action'))
  const parameters = childrenOf(declared, 'Parameter')
  const properties = parameters.map((entry) => [
    String(attributeOf(entry, 'Name')),
    types.schemaOf(attributeOf(entry, 'Type') ?? 'Edm.String'),
  ])
  const returned = attributeOf(childOf(declared, 'ReturnType'), 'Type')
  return [
    {
      method: 'POST',
      path: `/${name}`,
      description: `Call the action ${name}`,
      parameters: [],
      rootKey: returned?.startsWith('Collection(') ? listRoot(version) : itemRoot(version),
      ...(parameters.length === 0
        ? {}
        : {
            body: {
              kind: 'json' as const,
              contentType: 'application/json',
              required: true,
              schema: { type: 'object', properties: Object.fromEntries(properties) },
            },
          }),
      ...(returned === undefined ? {} : { answer: { schema: types.schemaOf(returned), headers: [] } }),
    },
  ]
}

function unbound(schemas: Metadata['schemas'], kind: string, qualified: string | undefined): XmlNode | undefined {
  const local = qualified?.slice(qualified.lastIndexOf('.') + 1)
  return schemas
    .flatMap(({ schema }) => childrenOf(schema, kind))
    .find((one) => attributeOf(one, 'Name') === local && attributeOf(one, 'IsBound') !== 'true')
}
