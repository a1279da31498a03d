import { isSecretKey } from '../../engine/secret-keys.ts'
import type { Element } from '../../model/element.ts'
import { ownValue } from '../../model/own-value.ts'
import { fillDates, hasDates } from './date-tokens.ts'
import type { PolledResource } from './polled-resource.ts'

/** One poll as a call of the instance, without paging. */
export interface PollCall {
  /** percent-encoded, below the hub */
  path: string
  query: Record<string, string | string[]>
  /** the vendor filters by date */
  isFiltered: boolean
  /** the vendor sorts by the date that says what is new, newest first */
  isNewestFirst: boolean
  /** what was left as it is, told to the customer */
  problems: string[]
}

export interface PollTimes {
  /** ms since 1970: where the poll begins */
  since: number
  now: number
}

const API_PREFIX = /^(?:https?:\/\/[^/]+)?(?:\/elements\/api-v2)?(?=\/)/
const HUB = /^\/hubs\/[^/?]+(?=\/)/
const TOKEN = /\$?\{(?:'[^']*'|[^'}])*\}/g
const PLACEHOLDER = /\$?\{([A-Za-z][\w.-]*)\}/g

/**
 * The address of a resource with its dates and the instance's own values in it, as a call (spec 40 §7.4): filled in first, encoded after.
 * An address that is encoded already, is not again.
 *
 * @returns a sentence instead when a name in braces stands for nothing: asking for everything of everybody would be worse than not asking
 */
export function pollCall(
  resource: PolledResource,
  { since, now }: PollTimes,
  instance: { element: Element; configuration: Readonly<Record<string, string | null>> },
): PollCall | string {
  const template = resource.url.replace(API_PREFIX, '').replace(HUB, '')
  const isMilliseconds = resource.updated?.format?.toLowerCase() === 'milliseconds'
  const dated = fillDates(template, { since, now, isMilliseconds })
  const unknown: string[] = []
  const filled: string[] = []
  const text = dated.text.replace(PLACEHOLDER, (whole, name: string) => {
    const value = isSecretKey(instance.element, name) ? undefined : ownValue(instance.configuration, name)
    const tokens = value ? filled : unknown
    tokens.push(whole)
    return value || whole
  })
  if (unknown.length > 0) {
    return `${resource.name}: ${unknown.join(', ')} in its url stands for no value of the instance; replace it, or set a configuration key of that name`
  }
  const written = template.replace(TOKEN, '')
  const isEncoded = !/[\s<>"'{}]/.test(written) && /%[0-9A-Fa-f]{2}/.test(written)
  const [path = '', search = ''] = splitAt(text, '?')
  const query = queryOf(search, isEncoded)
  if (resource.pageSize !== undefined) query['pageSize'] ??= String(resource.pageSize)
  return {
    path: encodedPath(path.startsWith('/') ? path : `/${path}`),
    query,
    isFiltered: hasDates(resource.url),
    isNewestFirst: isNewestFirst(query, (resource.filterByUpdatedDate ? resource.updated : resource.created)?.field),
    problems: dated.problems
      // no date, and not meant to be one
      .filter((problem) => !filled.some((token) => problem.startsWith(`"${token}" `)))
      .map((problem) => `${resource.name}: ${problem}`),
  }
}

/** Blanks and quotes become codes; what is one already stays. */
function encodedPath(path: string): string {
  return path.replace(/%(?![0-9A-Fa-f]{2})/g, '%25').replace(/[^\w\-.~!$&'()*+,;=:@/%]+/gu, encodeURIComponent)
}

function queryOf(search: string, isEncoded: boolean): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = Object.create(null)
  for (const pair of pairsOf(search)) {
    const [name, value = ''] = splitAt(pair, '=')
    const [key, text] = isEncoded ? [decoded(name), decoded(value)] : [name.trim(), value]
    if (!key) continue
    const before = query[key]
    query[key] = before === undefined ? text : [...(Array.isArray(before) ? before : [before]), text]
  }
  return { ...query }
}

/** An `&` between quotes belongs to a value of a where. */
function pairsOf(search: string): string[] {
  return search.match(/(?:'[^']*'|[^&'])+|'/g) ?? []
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // a lone percent sign
  }
}

/** `orderBy=updated desc`, `orderBy=!updated`, `sort=-updated`: whatever the vendor calls it, the field by which records are filtered is named as going down. */
function isNewestFirst(query: Record<string, string | string[]>, field: string | undefined): boolean {
  if (!field) return false
  const name = field.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const down = new RegExp(`^\\s*(?:[-!]\\s*${name}|${name}\\s+desc(?:ending)?)\\s*(?:,|$)`, 'i')
  return Object.entries(query).some(([key, value]) => /order|sort/i.test(key) && down.test(String(value)))
}

function splitAt(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}
