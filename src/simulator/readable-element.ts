import type { ConfigurationRow, Element, Hook, Parameter, Resource } from '../model/element.ts'

type Members = Record<string, unknown>

/**
 * The element with every list present and every entry of the type that the model promises: the format lets nearly every
 * member be missing or null (spec 11), and authors write what they like. Entries that cannot be used are left out.
 */
export function readableElement(element: Element): Element {
  const { authentication } = element as { authentication?: { type?: unknown } }
  return {
    ...element,
    key: text(element.key),
    name: text(element.name) || text(element.key),
    authentication: { ...authentication, type: text(authentication?.type) },
    configuration: objects(element.configuration).flatMap(configurationRow),
    parameters: objects(element.parameters).flatMap(parameter),
    hooks: objects(element.hooks) as unknown as Hook[],
    resources: objects(element.resources).flatMap(resource),
  }
}

function configurationRow(row: Members): ConfigurationRow[] {
  if (typeof row.key !== 'string') return []
  const value = row.defaultValue
  const defaultValue = value === null || value === undefined ? null : String(value)
  return [{ ...row, key: row.key, name: text(row.name), defaultValue }]
}

function parameter(row: Members): Parameter[] {
  const { name, type, vendorName, vendorType } = row
  if (typeof name !== 'string' || typeof type !== 'string') return []
  return [{ ...row, name, type, vendorName: text(vendorName), vendorType: text(vendorType) }]
}

function resource(row: Members): Resource[] {
  if (typeof row.method !== 'string' || typeof row.path !== 'string') return []
  const { model, response } = row
  return [
    {
      ...row,
      method: row.method,
      path: row.path,
      vendorMethod: optional(row.vendorMethod),
      vendorPath: optional(row.vendorPath),
      type: optional(row.type),
      rootKey: optional(row.rootKey),
      nextPageKey: optional(row.nextPageKey),
      nextResource: optional(row.nextResource),
      paginationType: optional(row.paginationType),
      parameters: objects(row.parameters).flatMap(parameter),
      hooks: objects(row.hooks) as unknown as Hook[],
      model: isObject(model) ? (model as Resource['model']) : undefined,
      response: isObject(response) ? response : undefined,
    },
  ]
}

function objects(list: unknown): Members[] {
  return Array.isArray(list) ? list.filter(isObject) : []
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function optional(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
