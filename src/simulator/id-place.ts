import { isObjectVariable, type Served } from './served-resources.ts'
import { vendorPath } from './vendor-path.ts'

/** Where a call says which row it means. */
export type IdPlace = { variable: number } | { names: string[] }

/** `/deals/{id}` → `/deals`; `/Deals('{id}')` → `/Deals`. */
export function aboveItem(segments: readonly string[]): string[] {
  const word = /^([\w.-]+)\(/.exec(segments.at(-1) ?? '')?.[1]
  return word === undefined ? segments.slice(0, -1) : [...segments.slice(0, -1), word]
}

/** Place among the path's variables of the one that is the caller's last, or else of the last one in the segment. */
export function idVariable({ path, resource }: Served, segment: number): number {
  const { variables, segments } = path
  const upTo = vendorPath(segments.slice(0, segment === -1 ? undefined : segment + 1).join('/')).variableCount
  const before = vendorPath(segments.slice(0, segment).join('/')).variableCount
  const callers = /\{([^{}]*)\}$/.exec(resource.path)?.[1]
  const wanted =
    resource.parameters?.find(({ type, name }) => type === 'path' && name === callers)?.vendorName ?? callers
  const found = wanted === undefined ? -1 : variables.lastIndexOf(wanted)
  return found >= before && found < upTo ? found : upTo - 1
}

/** Whether a variable of the vendor's path names a collection. */
export function namesObject(segment: string, { resource }: Served): boolean {
  const name = /^\{([^{}]*)\}$/.exec(segment)?.[1]
  if (name === undefined) return false
  const source =
    resource.parameters?.find(({ type, vendorName }) => type === 'path' && vendorName === name)?.name ?? name
  return isObjectVariable(`{${source}}`)
}

/** Parameters and members that may carry the id. */
export function idNames({ resource, address }: Served): string[] {
  const variable = /\{([^{}]*)\}$/.exec(resource.path)?.[1]
  const named = resource.parameters?.filter(({ type, name }) => type === 'path' && name === variable) ?? []
  // `/deals.json?only={id}`
  const filled = address.query.filter(([, value]) => value === undefined).map(([name]) => name)
  return [...named.map(({ vendorName }) => vendorName), ...filled, 'id']
}
