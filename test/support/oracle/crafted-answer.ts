import type { Resource } from '../../../src/model/element.ts'
import type { CraftedAnswer } from './arrivals.ts'
import { toXml } from './xml.ts'

const ROW = { id: 7, name: 'Ada & Co', note: null, address: { city: 'Bonn', zip: null }, tags: ['a', 'b'] }

/**
 * An answer that fits a resource: one row or two, below its root key, with nulls that the platform drops.
 * @param isXml what the vendor was asked for
 */
export function craftedAnswer(resource: Resource, isXml: boolean): CraftedAnswer {
  const root = (resource.rootKey ?? '').split('|').at(-1) ?? ''
  const names = root.split('.').filter((name) => name !== '' && !name.includes('['))
  const rows: unknown = isList(resource) ? [ROW, { ...ROW, id: 8 }] : ROW
  const value = names.toReversed().reduce((inner, name) => ({ [name]: inner }), rows)
  if (!isXml) return { contentType: 'application/json', text: JSON.stringify(value) }
  const document = names.length === 0 || Array.isArray(value) ? { rows: { row: value } } : value
  return { contentType: 'application/xml', text: toXml(document) }
}

function isList({ method, path, model }: Resource): boolean {
  const { type } = model?.swagger?.[model.name ?? ''] ?? {}
  return type === 'array' || (method === 'GET' && !path.endsWith('}'))
}
