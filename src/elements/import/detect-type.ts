import { ValenceError } from '../../errors.ts'
import { isObject, memberOf } from './json-value.ts'

export type DocumentType = 'openapi' | 'wsdl' | 'odata' | 'postman'

/** Names of the kinds at our doors; the first four are those of `POST /elements/convert` (spec 10 §2.7). */
const NAMES: Readonly<Record<string, DocumentType>> = {
  soap: 'wsdl',
  swagger: 'openapi',
  odata: 'odata',
  postman: 'postman',
  wsdl: 'wsdl',
  openapi: 'openapi',
}

/** @throws ValenceError PARAMETER_INVALID naming what is known */
export function importTypeOf(name: string): DocumentType {
  const type = Object.hasOwn(NAMES, name.toLowerCase()) ? NAMES[name.toLowerCase()] : undefined
  if (type) return type
  throw new ValenceError('PARAMETER_INVALID', `type "${name}": expected one of ${Object.keys(NAMES).join(', ')}`)
}

/** The kind of a parsed JSON or YAML document; undefined when it is none that can be imported. */
export function typeOfObject(document: unknown): DocumentType | undefined {
  if (!isObject(document)) return undefined
  if (document['openapi'] !== undefined || document['swagger'] !== undefined) return 'openapi'
  const schema = memberOf(document['info'], 'schema')
  if (typeof schema === 'string' && schema.includes('collection')) return 'postman'
  if (Array.isArray(document['item']) || isObject(document['collection'])) return 'postman'
  return isObject(document['paths']) ? 'openapi' : undefined
}

/** The kind of an XML text, told by its root. */
export function typeOfXml(text: string): DocumentType | undefined {
  const [, root = ''] =
    /<(?:[\w.-]+:)?([\w.-]+)[\s>/]/.exec(text.replace(/<\?[\s\S]*?\?>|<!--[\s\S]*?-->/g, '').trimStart()) ?? []
  if (root === 'definitions') return 'wsdl'
  return root === 'Edmx' ? 'odata' : undefined
}

export function isXml(text: string): boolean {
  return /^\s*</.test(text)
}
