import { fillMembers, fillRequiredText, shown } from './fill-text.ts'
import type { StepCall } from './step.ts'
import { StepFailure } from './step-failure.ts'

/** Where a request goes. */
export interface RequestTarget {
  /** without a query */
  address: string
  /** query that was written in the address, as it is, without its question mark */
  inline: string
  /** names and texts of the property; of a list every value */
  query: Record<string, string | string[]>
  /** both of them */
  whole: Record<string, string | string[]>
  /** members of the property `path`, as they are */
  path: Record<string, unknown>
}

/**
 * An address with its placeholders filled: `{name}` takes the member of `path` with that name, and one that `path` does not have stays. A query in the
 * address comes before the one in `query` (spec 31 §2.6).
 *
 * @param name of the property that holds it
 * @param queryName of the one that holds the query
 * @throws StepFailure
 */
export async function fillTarget(
  call: Pick<StepCall, 'fill' | 'properties'>,
  name: string,
  queryName = 'query',
): Promise<RequestTarget> {
  const path = (await fillMembers(call, 'path')) ?? {}
  const written = (await fillRequiredText(call, name, encodeInQuery)).trim()
  const filled = fillPlaceholders(written, path, name).replaceAll('#', '%23')
  const [address = '', ...rest] = filled.split('?')
  const inline = rest.join('?')
  const pairs = pairsOf((await fillMembers(call, queryName)) ?? {}, queryName)
  return {
    ...{ address, inline, path },
    query: grouped(pairs),
    whole: grouped([...new URLSearchParams(inline), ...pairs]),
  }
}

/**
 * A value that is put into a query is encoded there, unless its formula has done that: `where=email='${steps.x.email}'` asks for what the step says,
 * whatever characters that has.
 */
function encodeInQuery(value: string, before: string): string {
  const start = before.indexOf('?')
  const pair = before.slice(Math.max(before.lastIndexOf('&'), start) + 1)
  const isValue = start >= 0 && pair.includes('=')
  return isValue && !isEncoded(value) ? encodeURIComponent(value.toWellFormed()) : value
}

function isEncoded(text: string): boolean {
  return /^(?:[\w.~!*'()-]|%[\da-f]{2})+$/i.test(text) && text.includes('%')
}

const PLACEHOLDER = /\{([^{}/?&=]+)\}/g

function fillPlaceholders(text: string, path: Record<string, unknown>, property: string): string {
  return text.replace(PLACEHOLDER, (whole, name: string) => {
    const value = Object.hasOwn(path, name) ? path[name] : undefined
    if (value === undefined || value === null) return whole
    if (typeof value === 'object')
      throw new StepFailure(`${property}: {${name}} is filled from "path", where it is ${shown(value)} and no text`)
    return encodeURIComponent(String(value).toWellFormed())
  })
}

function pairsOf(query: Record<string, unknown>, name: string): [string, string][] {
  return Object.entries(query).flatMap(([key, value]) =>
    [value].flat().flatMap((one): [string, string][] => {
      if (one === undefined || one === null) return []
      if (Array.isArray(one)) throw new StepFailure(`${name}: "${key}" is a list of lists: ${shown(value)}`)
      return [[key, typeof one === 'object' ? JSON.stringify(one) : String(one)]]
    }),
  )
}

function grouped(pairs: readonly [string, string][]): Record<string, string | string[]> {
  const names = new Map<string, string | string[]>()
  for (const [name, value] of pairs) {
    const present = names.get(name)
    if (present === undefined) names.set(name, value)
    else names.set(name, [present, value].flat())
  }
  return Object.fromEntries(names)
}
