import type { Schema } from '../../../model/element.ts'
import { attributeOf, childOf, childrenOf, type XmlNode } from '../parse-xml.ts'
import { TYPE_WORDS } from '../schemas.ts'
import type { Metadata, ODataVersion } from './metadata.ts'

export interface KeyProperty {
  name: string
  type: string
}

interface Navigation {
  name: string
  /** qualified name of the entity type it leads to */
  target: string
  isCollection: boolean
}

export interface EntityTypes {
  definitions: Map<string, Schema>
  /** schema of a qualified type, also `Collection(…)` */
  schemaOf(type: string): Schema
  keysOf(type: string): KeyProperty[]
  navigationsOf(type: string): Navigation[]
}

/** JSON types of the primitive ones; before version 4 large and exact numbers travel as text. */
const PRIMITIVES: Readonly<Record<string, (version: ODataVersion) => Schema>> = {
  String: () => ({ type: 'string' }),
  Boolean: () => ({ type: 'boolean' }),
  Byte: () => ({ type: 'integer', format: 'int32' }),
  SByte: () => ({ type: 'integer', format: 'int32' }),
  Int16: () => ({ type: 'integer', format: 'int32' }),
  Int32: () => ({ type: 'integer', format: 'int32' }),
  Int64: (version) => (version === 4 ? { type: 'integer', format: 'int64' } : { type: 'string' }),
  Single: () => ({ type: 'number', format: 'float' }),
  Double: () => ({ type: 'number', format: 'double' }),
  Decimal: (version) => (version === 4 ? { type: 'number' } : { type: 'string' }),
  Date: () => ({ type: 'string', format: 'date' }),
  DateTime: () => ({ type: 'string', format: 'date-time' }),
  DateTimeOffset: () => ({ type: 'string', format: 'date-time' }),
  Guid: () => ({ type: 'string', format: 'uuid' }),
  Binary: () => ({ type: 'string', format: 'byte' }),
}

const MOST_ANCESTORS = 20

export function createEntityTypes({ version, schemas }: Metadata): EntityTypes {
  const types = new Map<string, XmlNode>()
  const enums = new Map<string, string[]>()
  const names = new Map<string, string>()
  const definitions = new Map<string, Schema>()
  const local = (qualified: string) => qualified.slice(qualified.lastIndexOf('.') + 1)
  const canonical = (qualified: string) => {
    const alias = schemas.find((one) => one.alias !== undefined && qualified.startsWith(`${one.alias}.`))
    return alias && !types.has(qualified) ? `${alias.namespace}.${local(qualified)}` : qualified
  }

  for (const { namespace, schema } of schemas) {
    for (const type of [...childrenOf(schema, 'EntityType'), ...childrenOf(schema, 'ComplexType')]) {
      const qualified = `${namespace}.${attributeOf(type, 'Name') ?? ''}`
      types.set(qualified, type)
      const wanted = TYPE_WORDS.has(local(qualified)) ? `${local(qualified)}Model` : local(qualified)
      const isTaken = [...names.values()].includes(wanted)
      names.set(qualified, isTaken ? qualified.replaceAll('.', '_') : wanted)
    }
    for (const type of childrenOf(schema, 'EnumType')) {
      const members = childrenOf(type, 'Member').flatMap((member) => attributeOf(member, 'Name') ?? [])
      enums.set(`${namespace}.${attributeOf(type, 'Name') ?? ''}`, members)
    }
  }
  for (const [qualified, name] of names) definitions.set(name, definitionOf(qualified))

  return {
    definitions,
    schemaOf,
    keysOf: (type) => keysOf(canonical(type)),
    navigationsOf: (type) => navigationsOf(canonical(type)),
  }

  function schemaOf(type: string): Schema {
    const inner = /^Collection\((.*)\)$/.exec(type)?.[1]
    if (inner !== undefined) return { type: 'array', items: schemaOf(inner) }
    const primitive = type.startsWith('Edm.') ? local(type) : undefined
    if (primitive !== undefined)
      return Object.hasOwn(PRIMITIVES, primitive) ? (PRIMITIVES[primitive]?.(version) ?? {}) : { type: 'string' }
    const qualified = canonical(type)
    const name = names.get(qualified)
    if (name !== undefined) return { type: name }
    const choices = enums.get(qualified)
    return choices ? { type: 'string', enum: choices } : { type: 'object' }
  }

  /** The type and those it extends, the most general first. */
  function lineOf(qualified: string): XmlNode[] {
    const line: XmlNode[] = []
    let next: string | undefined = qualified
    while (next !== undefined && line.length < MOST_ANCESTORS) {
      const type: XmlNode | undefined = types.get(next)
      if (!type || line.includes(type)) break
      line.unshift(type)
      const base = attributeOf(type, 'BaseType')
      next = base === undefined ? undefined : canonical(base)
    }
    return line
  }

  function definitionOf(qualified: string): Schema {
    const keys = new Set(keysOf(qualified).map(({ name }) => name))
    const properties = lineOf(qualified).flatMap((type) => childrenOf(type, 'Property'))
    const required = properties.filter(
      (one) => attributeOf(one, 'Nullable') === 'false' && !keys.has(String(attributeOf(one, 'Name'))),
    )
    return {
      type: 'object',
      properties: Object.fromEntries(
        properties.map((property) => {
          const name = attributeOf(property, 'Name') ?? ''
          const label = attributeOf(property, 'label')
          return [
            name,
            {
              ...schemaOf(attributeOf(property, 'Type') ?? 'Edm.String'),
              ...(label === undefined ? {} : { description: label }),
              ...(keys.has(name) ? { 'x-primary-key': true } : {}),
            },
          ]
        }),
      ),
      ...(required.length > 0 ? { required: required.map((one) => String(attributeOf(one, 'Name'))) } : {}),
    }
  }

  function keysOf(qualified: string): KeyProperty[] {
    const line = lineOf(qualified)
    const references = line.flatMap((type) => childrenOf(childOf(type, 'Key'), 'PropertyRef'))
    const properties = line.flatMap((type) => childrenOf(type, 'Property'))
    return references.flatMap((reference) => {
      const name = attributeOf(reference, 'Name')
      const property = properties.find((one) => attributeOf(one, 'Name') === name)
      return name === undefined ? [] : [{ name, type: attributeOf(property, 'Type') ?? 'Edm.String' }]
    })
  }

  function navigationsOf(qualified: string): Navigation[] {
    return lineOf(qualified)
      .flatMap((type) => childrenOf(type, 'NavigationProperty'))
      .flatMap((property): Navigation[] => {
        const name = attributeOf(property, 'Name')
        const end = name === undefined ? undefined : targetOf(property)
        return name === undefined || !end ? [] : [{ name, ...end }]
      })
  }

  /** Version 4 names the type; before it an association does, by the role of its end. */
  function targetOf(property: XmlNode): Omit<Navigation, 'name'> | undefined {
    const type = attributeOf(property, 'Type')
    if (type !== undefined) {
      const inner = /^Collection\((.*)\)$/.exec(type)?.[1]
      return { target: canonical(inner ?? type), isCollection: inner !== undefined }
    }
    const relationship = canonical(attributeOf(property, 'Relationship') ?? '')
    const association = schemas
      .flatMap(({ namespace, schema }) => childrenOf(schema, 'Association').map((one) => ({ namespace, one })))
      .find(({ namespace, one }) => `${namespace}.${attributeOf(one, 'Name')}` === relationship)?.one
    const end = childrenOf(association, 'End').find(
      (one) => attributeOf(one, 'Role') === attributeOf(property, 'ToRole'),
    )
    const target = attributeOf(end, 'Type')
    return target === undefined
      ? undefined
      : { target: canonical(target), isCollection: attributeOf(end, 'Multiplicity') === '*' }
  }
}
