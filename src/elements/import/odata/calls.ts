import { type JsonObject, textOf } from '../json-value.ts'
import type { Operation } from '../vendor-api.ts'
import { itemRoot, listRoot, literalOf } from './addresses.ts'
import type { EntityTypes } from './entity-types.ts'
import { childrenOf, firstOf, type Metadata } from './metadata.ts'

interface Reading {
  metadata: Metadata
  types: EntityTypes
}

/** Arguments stand in the address: before version 4 as query, then in parentheses. */
export function functionOperation(one: JsonObject, { metadata: { version, schemas }, types }: Reading): Operation[] {
  const name = textOf(one['Name'])
  if (name === undefined) return []
  const declared = version === 4 ? unbound(schemas, 'Function', textOf(one['Function'])) : one
  const parameters = childrenOf(declared, 'Parameter').filter(({ Mode }) => Mode === undefined || Mode === 'In')
  const values = parameters.map((entry) => {
    const variable = textOf(entry['Name']) ?? ''
    return `${variable}=${literalOf(textOf(entry['Type']) ?? '', `{${variable}}`, version)}`
  })
  const returned = textOf(one['ReturnType']) ?? textOf(firstOf(declared, 'ReturnType')?.['Type'])
  const isList = returned?.startsWith('Collection(') ?? false
  return [
    {
      method: one['HttpMethod'] === 'POST' ? 'POST' : 'GET',
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
export function actionOperation(one: JsonObject, { metadata: { version, schemas }, types }: Reading): Operation[] {
  const name = textOf(one['Name'])
  if (name === undefined) return []
  const declared = unbound(schemas, 'Action', textOf(one['Action']))
  const parameters = childrenOf(declared, 'Parameter')
  const properties = parameters.map((entry) => [
    String(entry['Name']),
    types.schemaOf(textOf(entry['Type']) ?? 'Edm.String'),
  ])
  const returned = textOf(firstOf(declared, 'ReturnType')?.['Type'])
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

function unbound(schemas: Metadata['schemas'], kind: string, qualified: string | undefined): JsonObject | undefined {
  const local = qualified?.slice(qualified.lastIndexOf('.') + 1)
  return schemas
    .flatMap(({ schema }) => childrenOf(schema, kind))
    .find((one) => one['Name'] === local && one['IsBound'] !== 'true')
}
