import type { Operation } from '../vendor-api.ts'
import type { KeyProperty } from './entity-types.ts'
import type { ODataVersion } from './metadata.ts'

/** Where an answer holds its content (spec 11 §4.7); version 2 wraps everything into `d`. */
export const listRoot = (version: ODataVersion) => (version === 2 ? '|d.results' : '|value')
export const itemRoot = (version: ODataVersion) => (version === 2 ? '|d' : '')

/** Address of one entity. */
export type Item = Pick<Operation, 'path' | 'platformPath' | 'parameters'>

/** `/Orders({id})`, `/Orders('{id}')`; with several keys each is a segment of the platform path. */
export function itemAddress(name: string, keys: readonly KeyProperty[], version: ODataVersion): Item {
  const [only] = keys
  const named =
    keys.length === 1 && only
      ? [{ name: 'id', type: only.type, key: undefined }]
      : keys.map((key) => ({ ...key, key: key.name }))
  const literals = named.map(
    ({ name: variable, type, key }) => (key === undefined ? '' : `${key}=`) + literalOf(type, `{${variable}}`, version),
  )
  return {
    path: `/${name}(${literals.join(',')})`,
    platformPath: `/${name}${named.map(({ name: variable }) => `/{${variable}}`).join('')}`,
    parameters: named.map(({ name: variable, type }) => ({
      name: variable,
      in: 'path',
      schema: { type: /Int|Byte$/.test(type) ? 'integer' : 'string' },
      required: true,
    })),
  }
}

const OLD_LITERALS: Readonly<Record<string, (value: string) => string>> = {
  'Edm.Guid': (value) => `guid'${value}'`,
  'Edm.DateTime': (value) => `datetime'${value}'`,
  'Edm.DateTimeOffset': (value) => `datetimeoffset'${value}'`,
  'Edm.Time': (value) => `time'${value}'`,
  'Edm.Binary': (value) => `X'${value}'`,
  'Edm.Int64': (value) => `${value}L`,
  'Edm.Decimal': (value) => `${value}M`,
}

/** A value in a key or argument (OData 2.0 and 4.0, URL conventions). */
export function literalOf(type: string, value: string, version: ODataVersion): string {
  if (type === 'Edm.String') return `'${value}'`
  if (version === 4) return type.startsWith('Edm.') ? value : `${type}'${value}'`
  return Object.hasOwn(OLD_LITERALS, type) ? (OLD_LITERALS[type]?.(value) ?? value) : value
}
