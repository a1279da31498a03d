import type { Schema } from '../../../model/element.ts'
import { parameter } from '../../expand-resources.ts'
import type { Doubtful } from '../doubts.ts'
import { attributeOf, childrenOf, type XmlNode } from '../parse-xml.ts'
import type { Operation, OperationParameter } from '../vendor-api.ts'
import { type Item, itemAddress, itemRoot, listRoot } from './addresses.ts'
import { actionOperation, functionOperation } from './calls.ts'
import type { EntityTypes } from './entity-types.ts'
import type { Metadata, ODataVersion } from './metadata.ts'
import { restrictionsOf } from './restrictions.ts'

/** Beyond so many operations navigations are left out. */
const MOST_WITH_NAVIGATIONS = 600

interface Reading {
  metadata: Metadata
  types: EntityTypes
  doubt: Doubtful
}

/** Entity sets, singletons, functions and actions of the container. */
export function operationsOf(reading: Reading): Operation[] {
  const { container } = reading.metadata
  const sets = childrenOf(container, 'EntitySet')
  const operations = [
    ...sets.flatMap((set) => setOperations(set, reading)),
    ...childrenOf(container, 'Singleton').flatMap((one) => singletonOperations(one, reading)),
    ...childrenOf(container, 'FunctionImport').flatMap((one) => functionOperation(one, reading)),
    ...childrenOf(container, 'ActionImport').flatMap((one) => actionOperation(one, reading)),
  ]
  const navigations = sets.flatMap((set) => navigationOperations(set, reading))
  if (operations.length + navigations.length <= MOST_WITH_NAVIGATIONS) return [...operations, ...navigations]
  reading.doubt(
    'NavigationProperty',
    `the service is large: ${navigations.length} navigations are left out, read them with expand`,
  )
  return operations
}

const query = (name: string, vendorName: string, description: string) =>
  parameter('query', name, 'query', vendorName, { description })
const SHAPE_ROWS = [
  query('fields', '$select', 'comma list of the properties to return'),
  query('expand', '$expand', 'comma list of the navigations to return with their content'),
]
const LIST_ROWS = [
  query('orderBy', '$orderby', 'properties to sort by; `desc` after a blank turns the order around'),
  ...SHAPE_ROWS,
]

const number = (name: string): OperationParameter => ({
  name,
  in: 'query',
  schema: { type: 'integer' },
  required: false,
})

function setOperations(set: XmlNode, { metadata, types, doubt }: Reading): Operation[] {
  const { version } = metadata
  const name = attributeOf(set, 'Name') ?? ''
  const type = attributeOf(set, 'EntityType') ?? ''
  const keys = types.keysOf(type)
  const schema = types.schemaOf(type)
  const item = itemAddress(name, keys, version)
  const allowed = restrictionsOf(set, metadata)
  if (keys.length === 0) doubt(name, 'has no key: its entities cannot be read one by one')
  const answer = { schema, headers: [] }
  const body = { kind: 'json' as const, contentType: 'application/json', required: true, schema }
  const singles: Operation[] =
    keys.length === 0
      ? []
      : [
          {
            ...item,
            method: 'GET',
            description: `Get one of ${name}`,
            answer,
            rootKey: itemRoot(version),
            rows: SHAPE_ROWS,
          },
          ...(allowed.update ? [updateOperation(item, name, body, version)] : []),
          ...(allowed.delete ? [{ ...item, method: 'DELETE' as const, description: `Delete one of ${name}` }] : []),
        ]
  return [
    listOperation(`/${name}`, `/${name}`, `Find ${name}`, schema, [], version),
    ...(allowed.create
      ? [
          {
            method: 'POST' as const,
            path: `/${name}`,
            description: `Create one of ${name}`,
            parameters: [],
            body,
            answer,
            rootKey: itemRoot(version),
          },
        ]
      : []),
    ...singles,
  ]
}

function listOperation(
  path: string,
  platformPath: string,
  description: string,
  item: Schema,
  keys: OperationParameter[],
  version: ODataVersion,
): Operation {
  return {
    method: 'GET',
    path,
    platformPath,
    description,
    parameters: [...keys, number('$top'), number('$skip')],
    answer: { schema: { type: 'array', items: item }, headers: [] },
    rootKey: listRoot(version),
    whereConverter: version === 4 ? 'toODataFilter' : 'toODataV3Filter',
    rows: LIST_ROWS,
  }
}

/** Version 2 changes by MERGE, which travels as a POST. */
function updateOperation(item: Item, name: string, body: Operation['body'], version: ODataVersion): Operation {
  return {
    ...item,
    method: 'PATCH',
    vendorMethod: version === 2 ? 'POST' : 'PATCH',
    description: `Change members of one of ${name}`,
    body,
    rootKey: itemRoot(version),
    rows: version === 2 ? [parameter('value', 'MERGE', 'header', 'X-HTTP-Method')] : [],
  }
}

function navigationOperations(set: XmlNode, { metadata: { version }, types, doubt }: Reading): Operation[] {
  const name = attributeOf(set, 'Name') ?? ''
  const type = attributeOf(set, 'EntityType') ?? ''
  const keys = types.keysOf(type)
  if (keys.length === 0) return []
  const item = itemAddress(name, keys, version)
  const navigations = types.navigationsOf(type)
  if (navigations.some(({ isCollection }) => !isCollection))
    doubt(name, 'navigates to single entities: read them with expand')
  return navigations
    .filter(({ isCollection }) => isCollection)
    .map((one) =>
      listOperation(
        `${item.path}/${one.name}`,
        `${item.platformPath}/${one.name}`,
        `Find ${one.name} of one of ${name}`,
        types.schemaOf(one.target),
        item.parameters,
        version,
      ),
    )
}

function singletonOperations(one: XmlNode, { metadata: { version }, types }: Reading): Operation[] {
  const name = attributeOf(one, 'Name') ?? ''
  const schema = types.schemaOf(attributeOf(one, 'Type') ?? '')
  const item: Item = { path: `/${name}`, platformPath: `/${name}`, parameters: [] }
  const body = { kind: 'json' as const, contentType: 'application/json', required: true, schema }
  return [
    {
      ...item,
      method: 'GET',
      description: `Get ${name}`,
      answer: { schema, headers: [] },
      rootKey: itemRoot(version),
      rows: SHAPE_ROWS,
    },
    updateOperation(item, name, body, version),
  ]
}
