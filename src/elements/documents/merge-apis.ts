import { isDeepStrictEqual } from 'node:util'
import { isObject } from '../../model/is-object.ts'
import { referenceTo, referredName } from './clean-schema.ts'
import { assemble, compare } from './element-api.ts'
import { referencesIn } from './references.ts'
import type { Draft } from './standard-content.ts'
import { type Api, type JsonSchema, operationsOf, type SwaggerOperation } from './swagger.ts'

export interface Part {
  /** tells its definitions from those of others that have the same name and say something else */
  key: string
  api: Api
}

/**
 * One document of several (spec 23 §A1): what the first one says of a call counts, operations get their ids anew, and
 * definitions of one name that differ stand beside each other: `contacts`, `contacts_stripe`.
 */
export function* mergeApis(parts: readonly Part[], info: JsonSchema): Generator<void, Api> {
  const definitions = new Map<string, JsonSchema>()
  const drafts = new Map<string, Draft>()
  const descriptions = new Map<string, string>()
  for (const { key, api } of parts) {
    for (const { name, description } of api.tags) if (description !== undefined) descriptions.set(name, description)
    const renamed = renamings(api, key, definitions)
    for (const [name, schema] of Object.entries(api.definitions)) {
      definitions.set(renamed.get(name) ?? name, rewritten(schema, renamed) as JsonSchema)
      yield
    }
    for (const { path, method, operation } of operationsOf(api)) {
      const call = `${method} ${path}`
      const { operationId: _anew, ...rest } = rewritten(operation, renamed) as SwaggerOperation
      if (!drafts.has(call)) drafts.set(call, { path, method, operation: rest })
      yield
    }
  }
  const { tags, paths } = assemble([...drafts.values()])
  return {
    info,
    tags: tags.map((tag) => {
      const description = descriptions.get(tag.name)
      return description === undefined ? tag : { ...tag, description }
    }),
    paths,
    definitions: Object.fromEntries([...definitions].toSorted(([a], [b]) => compare(a, b))),
    repairs: parts.flatMap(({ api }) => api.repairs),
  }
}

/**
 * Definitions whose name another one has already. Two that say the same share it, unless what they refer to
 * is another thing in each.
 */
function renamings(api: Api, key: string, taken: ReadonlyMap<string, JsonSchema>): Map<string, string> {
  const clashing = Object.keys(api.definitions).filter((name) => taken.has(name))
  const renamed = new Map<string, string>()
  const rename = (name: string) => {
    let free = `${name}_${key}`
    for (let count = 2; taken.has(free) || Object.hasOwn(api.definitions, free); count++)
      free = `${name}_${key}_${count}`
    renamed.set(name, free)
  }
  for (const name of clashing) if (!isDeepStrictEqual(taken.get(name), api.definitions[name])) rename(name)
  const references = new Map(clashing.map((name) => [name, [...referencesIn(api.definitions[name])]]))
  for (let before = -1; before < renamed.size; ) {
    before = renamed.size
    for (const [name, others] of references)
      if (!renamed.has(name) && others.some((one) => renamed.has(one))) rename(name)
  }
  return renamed
}

function rewritten(value: unknown, renamed: ReadonlyMap<string, string>): unknown {
  if (renamed.size === 0) return value
  if (Array.isArray(value)) return value.map((one) => rewritten(one, renamed))
  if (!isObject(value)) return value
  const name = referredName(value)
  if (name !== undefined) return renamed.has(name) ? referenceTo(renamed.get(name) ?? name) : value
  return Object.fromEntries(Object.entries(value).map(([member, one]) => [member, rewritten(one, renamed)]))
}
