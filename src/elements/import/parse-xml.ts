import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { ValenceError } from '../../errors.ts'
import type { JsonObject } from './json-value.ts'
import { MAX_DEPTH } from './limits.ts'

/**
 * Refuses what XML could do beyond being data: document types declare entities, which read files and multiply.
 *
 * @throws ValenceError IMPORT_INVALID
 */
export function assertPlainXml(text: string): void {
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

/**
 * Elements as objects without namespace prefixes: attributes are members, every child element is a list.
 *
 * @throws ValenceError IMPORT_INVALID
 */
export function parseXml(text: string): JsonObject {
  assertPlainXml(text)
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    removeNSPrefix: true,
    parseAttributeValue: false,
    parseTagValue: false,
    isArray: (_name, _path, _isLeaf, isAttribute) => !isAttribute,
  })
  return parser.parse(text) as JsonObject
}
