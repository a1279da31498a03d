import type { Resource, Schema } from '../model/element.ts'
import { createJsonSize } from '../transform/json-size.ts'
import type { ElementObject } from './element-objects.ts'
import { type FieldMetadata, normalType } from './field-metadata.ts'
import { leavesOf } from './model-leaves.ts'
import { isPart, type Part, textOf } from './part-kinds.ts'

/** In the order in which a field names its methods. */
const METHODS = ['GET', 'POST', 'PATCH', 'PUT'] as const
type Method = (typeof METHODS)[number]

/**
 * Fields of an object as the element's document tells them (spec 23 §B2): those of `objects[].fields`, else of its model in
 * `models`, else the union of the models of its resources, leaf by leaf.
 */
export function objectFields(object: ElementObject): FieldMetadata[] {
  const known = FOUND.get(object)
  if (known) return known
  const lists = [() => declaredFields(object), () => modelFields(object), () => derivedFields(object)]
  const fields = withinSize(firstFilled(lists))
  FOUND.set(object, fields)
  return fields
}

/** Objects live as long as their element, which never changes. */
const FOUND = new WeakMap<ElementObject, FieldMetadata[]>()

/** A definition may be named by thousands of members, and what it says be as long as the element: so much is shown. */
const MAX_CHARS = 16 * 1024 * 1024

function withinSize(fields: FieldMetadata[]): FieldMetadata[] {
  const size = createJsonSize(MAX_CHARS)
  return fields.filter((field) => {
    size.add(field)
    return !size.isPastMax()
  })
}

function firstFilled(lists: readonly (() => FieldMetadata[])[]): FieldMetadata[] {
  for (const list of lists) {
    const fields = list()
    if (fields.length > 0) return fields
  }
  return []
}

/** spec 23 §C3 */
function declaredFields({ declared, resources }: ElementObject): FieldMetadata[] {
  const rows = declared.flatMap((object) => partsIn(object['fields'])).filter((field) => !field['fieldMethods'])
  return rows.flatMap((row) => {
    const name = textOf(row, 'name')
    // a member of a model has its type in `dataType`
    if (!name || isPart(row['dataType'])) return []
    const isReadOnly = row['readOnly'] === true
    const mask = textOf(row, 'format')
    const type = normalType(row['type'])
    return {
      ...named(name, textOf(row, 'displayName')),
      type,
      vendorNativeType: textOf(row, 'type') ?? 'unknown',
      vendorReadOnly: isReadOnly,
      hidden: row['hidden'] === true,
      custom: row['custom'] === true,
      createable: !isReadOnly && takes(resources, 'POST'),
      updateable: !isReadOnly && (takes(resources, 'PATCH') || takes(resources, 'PUT')),
      ...(type === 'date' && mask ? { mask } : {}),
    }
  })
}

/** spec 23 §C1 */
function modelFields({ declared }: ElementObject): FieldMetadata[] {
  const rows = declared.flatMap((model) => [...partsIn(model['modelFields']), ...partsIn(model['fields'])])
  return rows.flatMap((row) => {
    const name = textOf(row, 'vendorName') || textOf(row, 'name')
    const dataType = row['dataType']
    if (!name || !isPart(dataType)) return []
    const nativeType = textOf(dataType, 'format') || textOf(dataType, 'jsonType') || 'unknown'
    const uses = new Map()
    for (const use of partsIn(row['fieldMethods'])) {
      const method = textOf(use, 'method') === 'GET_BY_ID' ? 'GET' : textOf(use, 'method')
      if (textOf(use, 'populated') === 'NEVER') continue
      if (isMethod(method)) note(uses, method, textOf(use, 'direction') === 'REQUEST' ? 'request' : 'response')
    }
    const mask = textOf(row, 'mask')
    const choices = Array.isArray(row['enumValues']) ? row['enumValues'] : []
    return {
      ...named(name, textOf(row, 'displayName')),
      path: textOf(row, 'name') || name,
      type: typeOfSchema(textOf(dataType, 'jsonType'), textOf(dataType, 'format')),
      vendorNativeType: nativeType,
      vendorReadOnly: row['readOnly'] === true,
      hidden: row['hidden'] === true,
      custom: row['custom'] === true,
      ...(textOf(row, 'searchOperators') ? { filterable: true } : {}),
      ...(mask ? { mask } : {}),
      ...(choices.length > 0 ? { picklistValues: choices, restrictedPicklist: true } : {}),
      ...shown(uses),
    }
  })
}

/** Leaf by leaf what requests and answers of the object's resources have (spec 23 §B2). */
function derivedFields({ resources }: ElementObject): FieldMetadata[] {
  const found = new Map<string, { schema: Schema; isRequired: boolean; uses: Uses }>()
  const inOrder = resources.toSorted((a, b) => rankOf(a) - rankOf(b))
  for (const { method, model } of inOrder) {
    if (!isMethod(method) || !model) continue
    for (const [direction, definitions, name] of [
      ['response', model.swagger, model.name],
      ['request', model.requestSwagger, model.requestName],
    ] as const) {
      if (!definitions || name === undefined) continue
      for (const { path, schema, isRequired } of leavesOf(definitions, name)) {
        const known = found.get(path) ?? { schema, isRequired: false, uses: new Map() }
        found.set(path, known)
        note(known.uses, method, direction)
        if (method === 'POST' && direction === 'request') known.isRequired ||= isRequired
      }
    }
  }
  const hasRequests = resources.some(({ model }) => model?.requestName !== undefined && model.requestSwagger)
  return [...found].map(([path, { schema, isRequired, uses }]) => {
    const isWritten = isIn(uses, 'request', ...METHODS)
    return {
      ...named(path, textIn(schema, 'x-displayName')),
      ...described(schema),
      vendorRequired: isRequired || schema['x-required'] === true,
      vendorReadOnly: schema['x-readOnly'] === true || schema['readOnly'] === true || (hasRequests && !isWritten),
      ...shown(uses),
    }
  })
}

function described(schema: Schema): Omit<FieldMetadata, 'vendorPath'> {
  const mask = textIn(schema, 'x-mask')
  const choices = Array.isArray(schema.enum) ? schema.enum : []
  return {
    type: typeOfSchema(schema.type, schema.format),
    vendorNativeType: schema.format || schema.type || 'unknown',
    hidden: schema['x-hidden'] === true,
    custom: schema['x-custom'] === true,
    ...(typeof schema['x-searchable'] === 'boolean' ? { filterable: schema['x-searchable'] } : {}),
    ...(mask ? { mask } : {}),
    ...(choices.length > 0 ? { picklistValues: choices, restrictedPicklist: true } : {}),
  }
}

function typeOfSchema(type: string | undefined, format: string | undefined): string {
  if (type === 'string' && format?.startsWith('date')) return 'date'
  return normalType(type)
}

function named(path: string, displayName: string | undefined): Pick<FieldMetadata, 'path' | 'vendorPath'> {
  return { path, vendorPath: path, ...(displayName ? { displayName, vendorDisplayName: displayName } : {}) }
}

type Direction = 'request' | 'response'

/** In which requests and answers a field appears. */
type Uses = Map<Method, Record<Direction, boolean>>

function note(uses: Uses, method: Method, direction: Direction): void {
  const use = uses.get(method) ?? { request: false, response: false }
  use[direction] = true
  uses.set(method, use)
}

function isIn(uses: Uses, direction: Direction, ...methods: readonly Method[]): boolean {
  return methods.some((method) => uses.get(method)?.[direction] === true)
}

function shown(uses: Uses): Pick<FieldMetadata, 'createable' | 'updateable' | 'method'> {
  return {
    createable: isIn(uses, 'request', 'POST'),
    updateable: isIn(uses, 'request', 'PATCH', 'PUT'),
    method: METHODS.flatMap((name) => {
      const use = uses.get(name)
      return use ? [{ name, ...use }] : []
    }),
  }
}

function takes(resources: readonly Resource[], method: Method): boolean {
  return resources.some((resource) => resource.method === method)
}

function isMethod(method: string | undefined): method is Method {
  return METHODS.includes(method as Method)
}

/** What reads comes first, lists before items. */
function rankOf({ method, path }: Resource): number {
  return METHODS.indexOf(method as Method) * 2 + Number(path.endsWith('}'))
}

function textIn(schema: Schema, member: string): string | undefined {
  const value = schema[member]
  return typeof value === 'string' && value !== '' ? value : undefined
}

function partsIn(value: unknown): Part[] {
  return Array.isArray(value) ? value.filter(isPart) : []
}
