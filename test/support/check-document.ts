import { validate } from '@scalar/openapi-parser'
import { isObject } from '../../src/model/is-object.ts'

/**
 * What is wrong with a document, in words; nothing when a client can use it. Checked against the schemas of OpenAPI 2.0
 * and 3.1, with references and path parameters; beside that what generators of clients need (spec 23 §D): every operation has an id of
 * its own, an answer 200 and a tag, and no schema has a type that there is none of, which the schema of 3.1 does not ask.
 */
export async function faultsOf(text: string): Promise<string[]> {
  const { valid, errors = [] } = await validate(JSON.parse(text))
  const document = JSON.parse(text) as Record<string, unknown>
  return [
    ...(valid ? [] : errors.slice(0, 5).map((error) => `invalid: ${JSON.stringify(error).slice(0, 300)}`)),
    ...operationFaults(document),
    ...schemaFaults(document),
  ]
}

export interface ShownOperation {
  path: string
  method: string
  operationId: string
  tags?: string[]
  parameters?: Record<string, unknown>[]
  responses: Record<string, Record<string, unknown>>
}

export function shownOperations(document: Record<string, unknown>): ShownOperation[] {
  const paths = (document['paths'] ?? {}) as Record<string, Record<string, ShownOperation>>
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ ...operation, path, method })),
  )
}

function operationFaults(document: Record<string, unknown>): string[] {
  const tags = new Set(((document['tags'] ?? []) as { name: string }[]).map(({ name }) => name))
  const ids = new Map<string, string>()
  return shownOperations(document).flatMap(({ path, method, operationId, responses, ...operation }) => {
    const at = `${method} ${path}`
    const taken = ids.get(operationId)
    ids.set(operationId, at)
    const names = (operation.parameters ?? []).map(({ name, in: place }) => `${place} ${name}`)
    return [
      ...(operationId ? [] : [`${at}: no operationId`]),
      ...(taken ? [`${at}: ${operationId} is ${taken} already`] : []),
      ...(responses['200'] ? [] : [`${at}: no answer 200`]),
      ...(operation.tags?.length ? [] : [`${at}: no tag`]),
      ...(operation.tags ?? []).filter((tag) => !tags.has(tag)).map((tag) => `${at}: nobody says what tag ${tag} is`),
      ...(new Set(names).size === names.length ? [] : [`${at}: a parameter twice`]),
    ]
  })
}

const TYPES = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array', 'file', 'null'])

/** References anywhere, and types of whatever is a schema. */
function schemaFaults(document: Record<string, unknown>): string[] {
  const faults: string[] = []
  const walk = (value: unknown, at: string, isMap: boolean) => {
    if (Array.isArray(value)) for (const [index, one] of value.entries()) walk(one, `${at}/${index}`, false)
    if (!isObject(value)) return
    const { $ref, type } = value
    if (!isMap && typeof $ref === 'string' && !resolves(document, $ref)) faults.push(`${at}: ${$ref} leads nowhere`)
    if (!isMap && typeof type === 'string' && /definitions|schema/.test(at) && !TYPES.has(type))
      faults.push(`${at}: type ${type}`)
    for (const [name, one] of Object.entries(value))
      if (isMap || !(name.startsWith('x-') || ['example', 'examples', 'default', 'enum'].includes(name)))
        walk(one, `${at}/${name}`, !isMap && ['properties', 'definitions', 'schemas'].includes(name))
  }
  walk(document, '', false)
  return faults
}

function resolves(document: Record<string, unknown>, reference: string): boolean {
  if (!reference.startsWith('#/')) return false
  let found: unknown = document
  for (const step of reference.slice(2).split('/')) {
    const name = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')
    found = isObject(found) && Object.hasOwn(found, name) ? found[name] : undefined
  }
  return found !== undefined
}
