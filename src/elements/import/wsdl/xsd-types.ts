import type { Schema } from '../../../model/element.ts'
import { numberOf } from '../json-value.ts'
import { attributeOf, childOf, childrenOf, qualifiedName, type XmlNode } from '../parse-xml.ts'
import { TYPE_WORDS } from '../schemas.ts'

const XSD = 'http://www.w3.org/2001/XMLSchema'
const MOST_NESTED = 12

/** One child element of a message part. */
export interface Field {
  name: string
  schema: Schema
  required: boolean
  isSimple: boolean
}

export interface XsdTypes {
  /** namespaces that have a schema in the document */
  has(namespace: string): boolean
  element(namespace: string, name: string): XmlNode | undefined
  /** schema of an element, or of a part that names a type */
  schemaOf(node: XmlNode): Schema
  /** what stands inside an element, in order */
  fieldsOf(node: XmlNode): Field[]
  /** whether children of elements of this namespace carry it too */
  isQualified(namespace: string): boolean
  definitions: Map<string, Schema>
}

/** JSON types of the simple types (XML Schema, part 2); what is not here is text. */
const SIMPLE: Readonly<Record<string, Schema>> = {
  boolean: { type: 'boolean' },
  int: { type: 'integer', format: 'int32' },
  integer: { type: 'integer' },
  long: { type: 'integer', format: 'int64' },
  short: { type: 'integer', format: 'int32' },
  byte: { type: 'integer', format: 'int32' },
  unsignedInt: { type: 'integer' },
  unsignedShort: { type: 'integer' },
  unsignedByte: { type: 'integer' },
  unsignedLong: { type: 'integer' },
  nonNegativeInteger: { type: 'integer' },
  positiveInteger: { type: 'integer' },
  negativeInteger: { type: 'integer' },
  nonPositiveInteger: { type: 'integer' },
  decimal: { type: 'number' },
  float: { type: 'number', format: 'float' },
  double: { type: 'number', format: 'double' },
  dateTime: { type: 'string', format: 'date-time' },
  date: { type: 'string', format: 'date' },
  base64Binary: { type: 'string', format: 'byte' },
}

type Kind = 'element' | 'complexType' | 'simpleType' | 'group' | 'attributeGroup'

/**
 * The types that a WSDL declares, as schemas of models: attributes are members with `@`, text beside them is `#text`
 * (spec 11 §4.6). Named complex types are definitions.
 */
export function createXsdTypes(schemas: readonly XmlNode[]): XsdTypes {
  const declared = new Map<string, XmlNode>()
  const names = new Map<XmlNode, string>()
  const definitions = new Map<string, Schema>()
  const waiting: XmlNode[] = []
  const namespaceOf = new Map<XmlNode, string>()
  for (const schema of schemas) {
    const namespace = attributeOf(schema, 'targetNamespace') ?? ''
    for (const node of schema.children) {
      declared.set(`${node.name} ${namespace} ${attributeOf(node, 'name')}`, node)
      namespaceOf.set(node, namespace)
    }
  }
  const find = (kind: Kind, from: XmlNode, reference: string) => {
    const { namespace, name } = qualifiedName(from, reference)
    return declared.get(`${kind} ${namespace} ${name}`)
  }
  const types: XsdTypes = {
    has: (namespace) => schemas.some((schema) => (attributeOf(schema, 'targetNamespace') ?? '') === namespace),
    element: (namespace, name) => declared.get(`element ${namespace} ${name}`),
    schemaOf: (node) => drained(elementSchema(node, 0)),
    fieldsOf: (node) => {
      const fields = particlesOf(typeNodeOf(target(node)), 0)
      drained(undefined)
      return fields
    },
    isQualified: (namespace) =>
      schemas.some(
        (schema) =>
          (attributeOf(schema, 'targetNamespace') ?? '') === namespace &&
          attributeOf(schema, 'elementFormDefault') === 'qualified',
      ),
    definitions,
  }
  return types

  /** Types that were named on the way are read one after the other: they may refer to each other in circles. */
  function drained<T>(result: T): T {
    for (let node = waiting.pop(); node; node = waiting.pop()) {
      definitions.set(names.get(node) ?? '', complexSchema(node, 0))
    }
    return result
  }

  function target(node: XmlNode): XmlNode {
    const reference = attributeOf(node, 'ref')
    return (reference === undefined ? undefined : find('element', node, reference)) ?? node
  }

  function typeNodeOf(node: XmlNode): XmlNode | undefined {
    const type = attributeOf(node, 'type')
    if (type === undefined) return childOf(node, 'complexType')
    return find('complexType', node, type)
  }

  function elementSchema(reference: XmlNode, depth: number): Schema {
    const node = target(reference)
    const type = attributeOf(node, 'type')
    const inline = childOf(node, 'complexType')
    const schema =
      type !== undefined
        ? typeSchema(node, type, depth)
        : inline
          ? complexSchema(inline, depth)
          : simpleSchema(childOf(node, 'simpleType'), depth)
    const description = documentationOf(node)
    return description === undefined ? schema : { ...schema, description }
  }

  function typeSchema(from: XmlNode, type: string, depth: number): Schema {
    const { namespace, name } = qualifiedName(from, type)
    if (namespace === XSD) return { ...(Object.hasOwn(SIMPLE, name) ? SIMPLE[name] : { type: 'string' }) }
    const complex = find('complexType', from, type)
    if (complex) return { type: nameOf(complex) }
    const simple = find('simpleType', from, type)
    return simple ? simpleSchema(simple, depth + 1) : { type: 'object' }
  }

  function nameOf(type: XmlNode): string {
    const known = names.get(type)
    if (known !== undefined) return known
    const own = (attributeOf(type, 'name') ?? 'type').replace(/[^\w.-]+/g, '_')
    const wanted = TYPE_WORDS.has(own) ? `${own}Model` : own
    const taken = new Set(names.values())
    let name = wanted
    for (let count = 2; taken.has(name); count++) name = `${wanted}${count}`
    names.set(type, name)
    waiting.push(type)
    return name
  }

  function simpleSchema(node: XmlNode | undefined, depth: number): Schema {
    const restriction = childOf(node, 'restriction')
    if (!restriction || depth > MOST_NESTED) return { type: 'string' }
    const base = attributeOf(restriction, 'base')
    const choices = childrenOf(restriction, 'enumeration').flatMap((one) => attributeOf(one, 'value') ?? [])
    return {
      ...(base === undefined ? { type: 'string' } : typeSchema(restriction, base, depth + 1)),
      ...(choices.length > 0 && choices.length <= 100 ? { enum: choices } : {}),
    }
  }

  function complexSchema(node: XmlNode, depth: number): Schema {
    if (depth > MOST_NESTED) return { type: 'object' }
    const fields = particlesOf(node, depth)
    const properties = [
      ...attributesOf(node, depth).map(({ name, schema }) => [`@${name}`, schema] as const),
      ...textOfSimpleContent(node, depth),
      ...fields.map(({ name, schema }) => [name, schema] as const),
    ]
    const required = fields.filter((field) => field.required).map(({ name }) => name)
    return {
      type: 'object',
      properties: Object.fromEntries(properties.filter(([name]) => name !== '__proto__')),
      ...(required.length > 0 ? { required } : {}),
    }
  }

  function textOfSimpleContent(node: XmlNode, depth: number): (readonly [string, Schema])[] {
    const content = childOf(node, 'simpleContent')
    const derived = childOf(content, 'extension') ?? childOf(content, 'restriction')
    const base = attributeOf(derived, 'base')
    return derived && base !== undefined ? [['#text', typeSchema(derived, base, depth)]] : []
  }

  function attributesOf(node: XmlNode, depth: number): { name: string; schema: Schema }[] {
    const derived = derivationOf(node)
    return [node, derived].flatMap((holder) =>
      childrenOf(holder, 'attribute').flatMap((attribute) => {
        const name = attributeOf(attribute, 'name')
        const type = attributeOf(attribute, 'type')
        return name === undefined
          ? []
          : [{ name, schema: type === undefined ? { type: 'string' } : typeSchema(attribute, type, depth) }]
      }),
    )
  }

  /** Elements of a complex type, those of the type it extends first. */
  function particlesOf(node: XmlNode | undefined, depth: number): Field[] {
    if (!node || depth > MOST_NESTED) return []
    const content = childOf(node, 'complexContent')
    const extension = childOf(content, 'extension')
    const base = attributeOf(extension, 'base')
    const inherited =
      extension && base !== undefined ? particlesOf(find('complexType', extension, base), depth + 1) : []
    const holder = extension ?? childOf(content, 'restriction') ?? node
    const own = holder.children.flatMap((child) => particle(child, true, depth))
    return [...new Map([...inherited, ...own].map((field) => [field.name, field])).values()]
  }

  function particle(node: XmlNode, isRequired: boolean, depth: number): Field[] {
    const required = isRequired && attributeOf(node, 'minOccurs') !== '0'
    if (node.name === 'element') return fieldOf(node, required, depth)
    if (node.name === 'choice') return node.children.flatMap((child) => particle(child, false, depth))
    if (node.name === 'sequence' || node.name === 'all')
      return node.children.flatMap((child) => particle(child, required, depth))
    const reference = node.name === 'group' ? attributeOf(node, 'ref') : undefined
    const group = reference === undefined ? undefined : find('group', node, reference)
    return group && depth <= MOST_NESTED ? group.children.flatMap((child) => particle(child, required, depth + 1)) : []
  }

  function fieldOf(node: XmlNode, required: boolean, depth: number): Field[] {
    const name = attributeOf(target(node), 'name') ?? attributeOf(node, 'ref')?.split(':').at(-1)
    if (name === undefined) return []
    const one = elementSchema(node, depth + 1)
    const most = attributeOf(node, 'maxOccurs')
    const isMany = most === 'unbounded' || (numberOf(most) ?? 1) > 1
    const isSimple = !isMany && ['string', 'integer', 'number', 'boolean'].includes(one.type ?? '')
    return [{ name, schema: isMany ? { type: 'array', items: one } : one, required, isSimple }]
  }
}

function derivationOf(node: XmlNode): XmlNode | undefined {
  const content = childOf(node, 'complexContent') ?? childOf(node, 'simpleContent')
  return childOf(content, 'extension') ?? childOf(content, 'restriction')
}

export function documentationOf(node: XmlNode | undefined): string | undefined {
  const documentation = childOf(childOf(node, 'annotation'), 'documentation') ?? childOf(node, 'documentation')
  return documentation?.text || undefined
}

export function schemaOfFields(fields: readonly Field[]): Schema {
  const required = fields.filter((field) => field.required).map(({ name }) => name)
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map(({ name, schema }) => [name, schema])),
    ...(required.length > 0 ? { required } : {}),
  }
}
