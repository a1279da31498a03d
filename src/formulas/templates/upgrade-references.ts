import type { FormulaParts, FormulaStep } from '../../model/formula.ts'
import { mapReferences, mapTexts } from '../references/map-references.ts'
import { onlyReference, parseTemplate } from '../references/parse-template.ts'
import { isPath, longestName, MAY_BE_BARE, ROOTS } from '../references/reference-text.ts'
import { SCRIPTED } from './scripted-steps.ts'

type Properties = Record<string, unknown>
type Part = { type: string; properties: Properties }

/** What a trigger has (spec 31 §1.1): older formulas name it without its root. */
const OF_TRIGGER = ['event', 'eventId', 'instanceId', 'body', 'request', 'response', 'args']

/**
 * Properties of one part as engine v3 has them (spec 31 §8): references say their root and stand in braces, a `path` for `{name}` is written into
 * `api`, what is blank is not there. Scripts stay as they are.
 */
export type Upgrade = (part: Part) => Properties

/** @param parts whose variables and steps references may name */
export function createUpgrade({ configuration, steps }: FormulaParts): Upgrade {
  const keys = configuration.map(({ key }) => key)
  const names = steps.map(({ name }) => name)

  /** @returns undefined for what is rooted, or names nothing that is known */
  const rooted = (text: string): string | undefined => {
    if (!isPath(text) || longestName(text, ROOTS) !== undefined) return undefined
    if (longestName(text, keys) !== undefined) return `config.${text}`
    if (longestName(text, names) !== undefined) return `steps.${text}`
    return longestName(text, OF_TRIGGER) === undefined ? undefined : `trigger.${text}`
  }
  const inBraces = (text: string) => mapReferences(text, (reference) => rooted(reference) ?? reference)

  /** A whole text that is a reference without braces. */
  const bare = (text: string): string | undefined => {
    if (longestName(text, ROOTS) === undefined) return isOfTrigger(text) ? undefined : rooted(text)
    const [root = '', rest = ''] = splitRoot(text)
    const isKnown =
      root === 'trigger' || longestName(rest, root === 'config' ? keys : root === 'steps' ? names : []) !== undefined
    return isPath(text) && isKnown ? text : undefined
  }
  const upgraded = (name: string, value: unknown): unknown => {
    const reference = typeof value === 'string' && MAY_BE_BARE.has(name) ? bare(value.trim()) : undefined
    return reference === undefined ? mapTexts(value, inBraces) : `\${${reference}}`
  }

  return ({ type, properties }) => {
    if (SCRIPTED.includes(type)) return properties
    const entries = Object.entries(properties).filter(([name, value]) => !isBlank(name, value))
    return withPathInApi(Object.fromEntries(entries.map(([name, value]) => [name, upgraded(name, value)])))
  }
}

/** Words that are texts more often than references. */
function isOfTrigger(text: string): boolean {
  return OF_TRIGGER.includes(text)
}

function splitRoot(text: string): [string, string] {
  const at = text.indexOf('.')
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

function isBlank(name: string, value: unknown): boolean {
  return (name === 'path' || name === 'query') && typeof value === 'string' && value.trim() === ''
}

/** `/contacts/{entry}` with `${steps.looper}` as path → `/contacts/${steps.looper.entry}`. */
function withPathInApi(properties: Properties): Properties {
  const { path, ...others } = properties
  const { api } = others
  if (typeof path !== 'string' || typeof api !== 'string') return properties
  const whole = onlyReference(parseTemplate(path))
  if (whole === undefined || !isPath(whole) || !PLACE.test(api)) return properties
  return { ...others, api: api.replace(new RegExp(PLACE, 'g'), (_place, name) => `\${${whole}${member(name)}}`) }
}

const PLACE = /(?<!\$)\{([^{}$]+)\}/

function member(name: string): string {
  return /^[\w$-]+$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`
}

/**
 * A part as it was before, as far as nobody has changed it since: of what somebody wrote after the upgrade, nothing is lost.
 * @param before the same part before the upgrade
 */
export function rolledBack(present: Part, before: Part, upgrade: Upgrade): Properties {
  const after = upgrade(before)
  const names = new Set([...Object.keys(before.properties), ...Object.keys(present.properties)])
  const entries = [...names].flatMap((name): [string, unknown][] => {
    const isUntouched = isSame(present.properties[name], after[name])
    const value = isUntouched ? before.properties[name] : present.properties[name]
    return value === undefined ? [] : [[name, value]]
  })
  return Object.fromEntries(entries)
}

function isSame(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other)
}

/** @returns why a formula cannot be upgraded */
export function hindrance(
  { steps }: FormulaParts,
  isSingleThreaded: boolean,
  types: readonly string[],
): string | undefined {
  if (isSingleThreaded) return 'it is single-threaded, which engine v3 is not; PATCH {"singleThreaded": false} first'
  const mailing = steps.find(({ type }: FormulaStep) => type === 'notification')
  if (mailing) return `step "${mailing.name}" is of type notification; notify.email() in a filter does the same`
  const unknown = steps.find(({ type }) => !types.includes(type))
  return unknown && `step "${unknown.name}" is of type "${unknown.type}", which engine v3 does not know`
}
