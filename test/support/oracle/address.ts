import type { Element, Resource } from '../../../src/model/element.ts'
import { plainName, type Values } from './values.ts'

/** Address of a request without its own query parameters; unfilled placeholders stand literally. */
export function addressOf(
  element: Element,
  resource: Resource,
  fills: Record<string, string>,
  configuration: Values,
): string {
  const path = fill(resource.vendorPath ?? '', fills, encodeURIComponent).replace(/\/\{[^{}/]+\}(?=$|\?)/, '')
  if (/^https?:\/\//i.test(path)) return path
  const base = baseOf(element, fills, configuration)
  if (path === '' || /^[?&]/.test(path)) return base + path
  return `${base.replace(/\/$/, '')}/${path.replace(/^\//, '')}`
}

/** `base.url` with its placeholders; a whole-address one gets a scheme (spec 11 §4.2). */
export function baseOf(element: Element, fills: Record<string, string>, configuration: Values): string {
  const declared = configuration['base.url'] ?? ''
  const scheme = /^[a-z]+:\/\/[^/?]*/i.exec(declared)?.[0] ?? /^\{[^}]*\}/.exec(declared)?.[0] ?? ''
  const filled = fill(scheme, fills, (text) => text) + fill(declared.slice(scheme.length), fills, encodeURIComponent)
  return /^https?:\/\//i.test(filled) || element.protocolType === 'jdbc' ? filled : `https://${filled}`
}

function fill(template: string, fills: Record<string, string>, encode: (text: string) => string): string {
  return template.replaceAll(/\{([^{}]+)\}/g, (literal, name: string) => {
    const value = fills[plainName(name)]
    return value === undefined ? literal : encode(value)
  })
}

/** Values by placeholder name: declared rows, then path variables and configuration of the same name (§3.10 step 4). */
export function fillsOf(
  declared: Record<string, string>,
  pathVariables: Record<string, string>,
  configuration: Values,
): Record<string, string> {
  const set = Object.entries(configuration).filter(([, value]) => value !== null && value !== undefined && value !== '')
  return { ...(Object.fromEntries(set) as Record<string, string>), ...pathVariables, ...declared }
}
