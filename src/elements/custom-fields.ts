import type { Element, Resource } from '../model/element.ts'
import { type ElementObject, findObject } from './element-objects.ts'
import { type FieldMetadata, normalType } from './field-metadata.ts'
import { isPart, type Part } from './part-kinds.ts'

/**
 * How a vendor's definitions of custom fields are read: member `customFields` of a resource that lists them. Members of a
 * definition are named by dotted paths.
 */
export interface CustomFields {
  /** the object whose fields they are */
  object: string
  /** where records carry the value, with members of the definition in braces: `custom_fields.{name}` */
  path: string
  type?: string
  /** the vendor's word → ours, where it is none that everybody uses */
  types?: Readonly<Record<string, string>>
  displayName?: string
  /** a list of texts, or of objects */
  choices?: string
  /** of objects: the member that is the choice */
  choice?: string
  required?: string
  readOnly?: string
  /** definitions with other values are the vendor's own fields, which the models know */
  only?: Readonly<Record<string, string | number | boolean>>
}

/** The resource that lists the definitions of an object's custom fields, where the element declares one. */
export function customFieldsResource(
  element: Element,
  object: ElementObject,
): { resource: Resource; declaration: CustomFields } | undefined {
  for (const resource of element.resources) {
    const declaration = resource['customFields']
    if (!isDeclaration(declaration) || resource.method !== 'GET') continue
    if (findObject(element, declaration.object)?.name === object.name) return { resource, declaration }
  }
  return undefined
}

/**
 * Definitions as the vendor answers them → fields.
 * @param rows anything that is no object, and a definition that lacks what `path` names, is left out
 */
export function customFieldsOf(
  declaration: CustomFields,
  { resources }: ElementObject,
  rows: readonly unknown[],
): FieldMetadata[] {
  const writes = ['POST', 'PATCH', 'PUT'].filter((method) => resources.some((resource) => resource.method === method))
  return rows.filter(isPart).flatMap((row) => {
    if (!isWanted(declaration, row)) return []
    const path = filled(declaration.path, row)
    return path === undefined ? [] : [fieldOf(declaration, row, path, writes)]
  })
}

function fieldOf(declaration: CustomFields, row: Part, path: string, writes: readonly string[]): FieldMetadata {
  const member = (name: string | undefined) => (name === undefined ? undefined : valueAt(row, name))
  const word = member(declaration.type)
  const isReadOnly = member(declaration.readOnly) === true
  const displayName = member(declaration.displayName)
  const choices = choicesOf(declaration, row)
  const requests = isReadOnly ? [] : writes
  return {
    path,
    vendorPath: path,
    ...(typeof displayName === 'string' ? { displayName, vendorDisplayName: displayName } : {}),
    type: ownType(declaration, word) ?? normalType(word),
    ...(typeof word === 'string' ? { vendorNativeType: word } : {}),
    vendorRequired: member(declaration.required) === true,
    vendorReadOnly: isReadOnly,
    hidden: false,
    custom: true,
    createable: requests.includes('POST'),
    updateable: requests.some((method) => method !== 'POST'),
    ...(choices.length > 0 ? { picklistValues: choices, restrictedPicklist: true } : {}),
    method: [
      { name: 'GET', request: false, response: true },
      ...requests.map((name) => ({ name, request: true, response: true })),
    ],
  }
}

function ownType({ types = {} }: CustomFields, word: unknown): string | undefined {
  return typeof word === 'string' && Object.hasOwn(types, word) ? types[word] : undefined
}

function isWanted({ only = {} }: CustomFields, row: Part): boolean {
  return Object.entries(only).every(([name, value]) => valueAt(row, name) === value)
}

function choicesOf({ choices, choice }: CustomFields, row: Part): unknown[] {
  const list = choices === undefined ? undefined : valueAt(row, choices)
  if (!Array.isArray(list)) return []
  return list.flatMap((item) => {
    const value = choice !== undefined && isPart(item) ? valueAt(item, choice) : item
    return typeof value === 'string' || typeof value === 'number' ? [value] : []
  })
}

function filled(template: string, row: Part): string | undefined {
  let isWhole = true
  const path = template.replace(/\{([^{}]+)\}/g, (_token, name: string) => {
    const value = valueAt(row, name)
    if (typeof value === 'string' || typeof value === 'number') return String(value)
    isWhole = false
    return ''
  })
  return isWhole && path !== '' ? path : undefined
}

function valueAt(row: Part, path: string): unknown {
  let value: unknown = row
  for (const name of path.split('.')) {
    if (!isPart(value) || !Object.hasOwn(value, name)) return undefined
    value = value[name]
  }
  return value
}

function isDeclaration(value: unknown): value is CustomFields {
  return isPart(value) && typeof value['object'] === 'string' && typeof value['path'] === 'string'
}
