import { ValenceError } from '../errors.ts'
import { LIMITS } from './limits.ts'
import { type Body, otherMembers, readList, readObject, readText } from './read-body.ts'
import type { DefinitionInput, FieldInput } from './write-definition.ts'

/**
 * A definition as clients send it (spec 20 §3). Level and name are the path's; ids of fields mean something to `/vdrs` only.
 * @throws ValenceError BODY_INVALID naming the field
 */
export function readDefinition(body: Body): DefinitionInput {
  const description = readText(body['description'], 'description', LIMITS.descriptionLength)
  const fields = readList(body['fields'], 'fields', LIMITS.fields)
  return {
    fields: fields.map((field, index) => readField(field, `fields[${index}]`)),
    ...(description === undefined ? {} : { description }),
  }
}

/** @param name of the field in complaints */
export function readField(value: unknown, name: string): FieldInput {
  const field = readObject(value, name)
  const displayName = field['displayName']
  return {
    ...otherMembers(field, ['path', 'type', 'displayName', 'oldPath']),
    path: readPath(field['path'], `${name}.path`),
    type: readText(field['type'], `${name}.type`, LIMITS.textLength) ?? 'string',
    ...(displayName === undefined || displayName === null
      ? {}
      : { displayName: readText(displayName, `${name}.displayName`, LIMITS.textLength) ?? '' }),
  }
}

export function readPath(value: unknown, name: string): string {
  const path = readText(value, name, LIMITS.pathLength)
  if (path !== undefined) return path
  throw new ValenceError(
    'BODY_INVALID',
    `${name}: expected the path of the field, as in "terms.days" or "sites[*].city"`,
  )
}
