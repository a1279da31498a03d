import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { ValenceError } from '../../errors.ts'
import { MAX_DEPTH } from './limits.ts'

/**
 * Refuses what XML could do beyond being data: document types declare entities, which read files and multiply.
 *
 * @throws ValenceError IMPORT_INVALID
 */
function assertPlainXml(text: string): void {
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) {
    throw new ValenceError(
      'IMPORT_INVALID',
      'The document declares a document type, which is not read: remove <!DOCTYPE …>',
    )
  }
  const valid = XMLValidator.validate(text)
  if (valid !== true) {
    throw new ValenceError(
      'IMPORT_INVALID',
      `The document is no well-formed XML: line ${valid.err.line}: ${valid.err.msg}`,
    )
  }
  // only of a well-formed text is the scan sure to be linear
  if (depthOf(text) > MAX_DEPTH) {
    throw new ValenceError('IMPORT_INVALID', `The document nests deeper than ${MAX_DEPTH} levels`)
  }
}

const MARKUP =
  /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>|<(?<name>\/?[^\s<>/]+)(?:"[^"]*"|'[^']*'|[^<>"'])*>/g

function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  for (const { 0: tag, groups } of text.matchAll(MARKUP)) {
    if (groups?.['name'] === undefined) continue
    if (groups['name'].startsWith('/')) depth--
    else if (!tag.endsWith('/>')) depth++
    deepest = Math.max(deepest, depth)
  }
  return deepest
}

/** One element. Names and attributes are without prefixes; what a prefix stands for is known where it is used. */
export interface XmlNode {
  name: string
  /** address of the namespace, empty without one */
  namespace: string
  attributes: Readonly<Record<string, string>>
  children: readonly XmlNode[]
  text: string
  /** prefix → namespace; the default one under the empty prefix */
  prefixes: ReadonlyMap<string, string>
}

/** As fast-xml-parser gives it with `preserveOrder`: the tag's name, and `:@` for attributes. */
type Ordered = Record<string, unknown>

/**
 * The root element of a text.
 *
 * @throws ValenceError IMPORT_INVALID
 */
export function parseXml(text: string): XmlNode {
  assertPlainXml(text)
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '',
    ignoreDeclaration: true,
    ignorePiTags: true,
    parseAttributeValue: false,
    parseTagValue: false,
  })
  const roots = (parser.parse(text) as Ordered[]).filter((node) => tagOf(node) !== '#text')
  if (!roots[0]) throw new ValenceError('IMPORT_INVALID', 'The document has no root element')
  return nodeOf(roots[0], new Map())
}

function tagOf(node: Ordered): string {
  return Object.keys(node).find((key) => key !== ':@') ?? '#text'
}

function nodeOf(ordered: Ordered, outer: ReadonlyMap<string, string>): XmlNode {
  const tag = tagOf(ordered)
  const attributes = Object.entries((ordered[':@'] ?? {}) as Record<string, string>)
  const declared = attributes
    .filter(([name]) => name === 'xmlns' || name.startsWith('xmlns:'))
    .map(([name, value]) => [name.slice('xmlns:'.length), value] as const)
  const prefixes = declared.length === 0 ? outer : new Map([...outer, ...declared])
  const content = (ordered[tag] as Ordered[]) ?? []
  return {
    name: local(tag),
    namespace: prefixes.get(prefixOf(tag)) ?? '',
    attributes: Object.fromEntries(attributes.map(([name, value]) => [local(name), value])),
    children: content.filter((child) => tagOf(child) !== '#text').map((child) => nodeOf(child, prefixes)),
    text: content
      .filter((child) => tagOf(child) === '#text')
      .map((child) => String(child['#text']))
      .join('')
      .trim(),
    prefixes,
  }
}

const local = (name: string) => name.slice(name.indexOf(':') + 1)
const prefixOf = (name: string) => name.slice(0, Math.max(name.indexOf(':'), 0))

/** Child elements of a name. */
export function childrenOf(parent: XmlNode | undefined, name: string): XmlNode[] {
  return (parent?.children ?? []).filter((child) => child.name === name)
}

export function childOf(parent: XmlNode | undefined, name: string): XmlNode | undefined {
  return parent?.children.find((child) => child.name === name)
}

/** An attribute that says something. */
export function attributeOf(node: XmlNode | undefined, name: string): string | undefined {
  const value = node && Object.hasOwn(node.attributes, name) ? node.attributes[name]?.trim() : undefined
  return value === '' ? undefined : value
}

/** `tns:Order` where it stands, as namespace and name. */
export function qualifiedName(node: XmlNode, text: string): { namespace: string; name: string } {
  return { namespace: node.prefixes.get(prefixOf(text)) ?? '', name: local(text) }
}
