import { parseJson } from '../../engine/parse-json.ts'
import { isObject } from '../../model/is-object.ts'
import { isPath, longestName, ROOTS } from './reference-text.ts'

/** What references reach: the context of one execution (spec 31 §2.1). */
export interface ReferenceScope {
  /** flat: a key may have dots in it */
  config: Readonly<Record<string, unknown>>
  /** what each step came to last */
  steps: Readonly<Record<string, unknown>>
  trigger: Readonly<Record<string, unknown>>
  info: Readonly<Record<string, unknown>>
}

/**
 * What a reference means. `expression`: it is no path, but JavaScript, for the sandbox to evaluate.
 */
export type Resolved = { kind: 'value'; value: unknown } | { kind: 'expression'; text: string }

/**
 * Resolves what stands between `${` and `}` (spec 31 §2.3). Names of steps and keys of configurations are no JavaScript: they may have
 * hyphens, begin with digits, and keys have dots, so that the longest one that fits is taken. What leads nowhere is undefined.
 *
 * A name without a root is a key of the configuration, then a step, then a part of the trigger: the shorthand of older formulas.
 *
 * @param parse what a text is when somebody looks into it: whoever resolves many references reads a long text once
 */
export function resolveReference(text: string, scope: ReferenceScope, parse: ParseText = parsedText): Resolved {
  const found = rooted(text, scope, parse) ?? shorthand(text, scope, parse)
  if (found) return { kind: 'value', value: found.value }
  // names that lead nowhere today may lead somewhere in another execution; anything else is meant to be computed
  return isPath(text) ? { kind: 'value', value: undefined } : { kind: 'expression', text }
}

export type ParseText = (text: string) => unknown

interface Found {
  value: unknown
}

function rooted(text: string, scope: ReferenceScope, parse: ParseText): Found | undefined {
  const root = longestName(text, ROOTS)
  if (root === undefined) return undefined
  const rest = text.slice(root.length)
  if (rest === '') return { value: scope[root] }
  if (root === 'trigger' || root === 'info') return walk(scope[root], rest, parse)
  // `config['crm.source']` names the key whole
  return rest.startsWith('.')
    ? (named(scope[root], rest.slice(1), parse) ?? walk(scope[root], rest, parse))
    : walk(scope[root], rest, parse)
}

function shorthand(text: string, { config, steps, trigger }: ReferenceScope, parse: ParseText): Found | undefined {
  return named(config, text, parse) ?? named(steps, text, parse) ?? named(trigger, text, parse)
}

/** By the longest name that the text begins with. */
function named(values: Readonly<Record<string, unknown>>, text: string, parse: ParseText): Found | undefined {
  const longest = longestName(text, Object.keys(values))
  return longest === undefined ? undefined : walk(values[longest], text.slice(longest.length), parse)
}

const STEP = /^(?:\.\s*([^.[\]()\s'"]+)|\[\s*(\d+)\s*\]|\[\s*'([^']*)'\s*\]|\[\s*"([^"]*)"\s*\])\s*/

/** @returns undefined when the rest is no path */
function walk(value: unknown, path: string, parse: ParseText): Found | undefined {
  let current = value
  let before = ''
  for (let rest = path; rest !== ''; ) {
    const step = STEP.exec(rest)
    if (!step) return undefined
    const name = step[1] ?? step[2] ?? step[3] ?? step[4] ?? ''
    current = member(current, name, before, parse)
    before = name
    rest = rest.slice(step[0].length)
  }
  return { value: current }
}

function member(given: unknown, name: string, parent: string, parse: ParseText): unknown {
  const holder = typeof given === 'string' ? parse(given) : given
  if (name === 'length' && (Array.isArray(holder) || typeof holder === 'string')) return holder.length
  if (typeof holder !== 'object' || holder === null) return undefined
  if (Object.hasOwn(holder, name)) return (holder as Record<string, unknown>)[name]
  return parent === 'headers' && isObject(holder) ? header(holder, name) : undefined
}

/** Headers have lower-case names here, and formulas ask for them as their vendor writes them. */
function header(headers: Readonly<Record<string, unknown>>, name: string): unknown {
  const wanted = name.toLowerCase()
  const known = Object.keys(headers).find((one) => one.toLowerCase() === wanted)
  return known === undefined ? undefined : headers[known]
}

/** A text that holds JSON is what it holds, when somebody looks into it. */
export function parsedText(text: string): unknown {
  return /^\s*[[{]/.test(text) ? (parseJson(text) ?? text) : text
}
