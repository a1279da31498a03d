import Type, { type TObject } from 'typebox'
import type { PartPath } from '../../elements/element-parts.ts'
import type { Part } from '../../elements/part-kinds.ts'
import {
  ConfigurationRow,
  ElementField,
  ElementModel,
  ElementObject,
  Hook,
  Parameter,
  Resource,
  ResourceModel,
} from '../../model/element.ts'
import { openBody, saying } from './describe-route.ts'

/** What one of a list of parts is called and looks like. */
export interface DescribedPart {
  noun: string
  plural: string
  answer: typeof AnyPart
  body: ReturnType<typeof openBody>
}

const AnyPart = Type.Unsafe<Part>(Type.Record(Type.String(), Type.Unknown()))

/** Members are read and explained by the room, so a body may lack any of them. */
function requestOf(schema: TObject & { title: string }): TObject {
  return Type.Partial(schema, { title: `${schema.title}Request`, additionalProperties: true })
}

function part(noun: string, plural: string, schema: TObject): DescribedPart {
  const titled = schema as TObject & { title: string }
  return { noun, plural, answer: Type.Unsafe<Part>(schema), body: openBody(requestOf(titled)) }
}

/** Lists of parts with the same five verbs (spec 10 §2.2): members from the element down. */
export const PART_LISTS: readonly (DescribedPart & { members: PartPath })[] = [
  { members: ['configuration'], ...part('a configuration row', 'configuration rows', ConfigurationRow) },
  { members: ['parameters'], ...part('a parameter', 'parameters', Parameter) },
  { members: ['hooks'], ...part('a hook', 'hooks', Hook) },
  { members: ['resources'], ...part('a resource', 'resources', Resource) },
  { members: ['resources', 'parameters'], ...part('a parameter of a resource', 'parameters of a resource', Parameter) },
  { members: ['resources', 'hooks'], ...part('a hook of a resource', 'hooks of a resource', Hook) },
  { members: ['objects'], ...part('an object', 'objects', ElementObject) },
  { members: ['objects', 'fields'], ...part('a field of an object', 'fields of an object', ElementField) },
  { members: ['models'], ...part('a model', 'models', ElementModel) },
]

export const RESOURCE_MODEL = part('the model of a resource', 'models of a resource', ResourceModel)

/** A body of one part or of several. */
export function oneOrMore(schema: TObject) {
  const one = requestOf(schema as TObject & { title: string })
  const content = { 'application/json': Type.Union([one, Type.Array(one)]) }
  return saying(Type.Union([AnyPart, Type.Array(AnyPart)]), { required: true, content })
}
