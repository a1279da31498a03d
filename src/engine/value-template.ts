import { createHash } from 'node:crypto'
import type { Configuration } from '../model/instance.ts'
import { ownValue } from '../model/own-value.ts'

/**
 * Templates of `value` parameters: `${configuration.key}`, `${key}`, `CE.b64(…)` (spec 11 §3.5).
 * The template is taken apart before values are put in, so a value that contains `)` or `CE.` changes nothing.
 * A missing key becomes the empty string; `{token}` is left for `bodyToken` parameters.
 */
export type ValueTemplate = (configuration: Configuration) => string

/**
 * The `CE` helpers that take one argument (spec 11 §6.6). Those with two (`hmac…`) or with chance in them stay as they are
 * written: nothing documents them in templates.
 */
const HELPERS: Record<string, (text: string) => string> = {
  b64: (text) => Buffer.from(text, 'utf8').toString('base64'),
  decode64: (text) => Buffer.from(text, 'base64').toString('utf8'),
  md5: (text) => createHash('md5').update(text).digest('hex'),
}

/** Deeper helpers are text: no element nests them, and every level reads the rest again. */
const MAX_DEPTH = 10

const SPECIAL = /\$\{([^}]+)\}|CE\.(\w+)\(/g

export function compileValueTemplate(text: string): ValueTemplate {
  return compileParts(text, 0)
}

function compileParts(text: string, depth: number): ValueTemplate {
  const parts = partsOf(text, depth)
  const [only] = parts
  if (only === undefined) return () => ''
  if (parts.length === 1) return only
  return (configuration) => parts.map((part) => part(configuration)).join('')
}

function partsOf(text: string, depth: number): ValueTemplate[] {
  const parts: ValueTemplate[] = []
  const closing = closingParentheses(text)
  let at = 0
  for (const { index, 0: matched, 1: key, 2: helperName } of text.matchAll(SPECIAL)) {
    if (index < at) continue // inside of a helper that is taken apart already
    let end = index + matched.length
    let part = key === undefined ? undefined : configurationValue(key)
    const helper = helperName !== undefined && Object.hasOwn(HELPERS, helperName) ? HELPERS[helperName] : undefined
    const close = closing.get(end - 1)
    if (helper && close !== undefined && depth < MAX_DEPTH) {
      const argument = compileParts(text.slice(end, close), depth + 1)
      part = (configuration) => helper(argument(configuration))
      end = close + 1
    }
    if (!part) continue
    if (index > at) parts.push(literal(text.slice(at, index)))
    parts.push(part)
    at = end
  }
  if (at < text.length) parts.push(literal(text.slice(at)))
  return parts
}

function literal(text: string): ValueTemplate {
  return () => text
}

function configurationValue(key: string): ValueTemplate {
  const name = key.replace(/^configuration\./, '')
  return (configuration) => ownValue(configuration, name) ?? ''
}

/** Where each parenthesis that is closed is closed. */
function closingParentheses(text: string): Map<number, number> {
  const closing = new Map<number, number>()
  const open: number[] = []
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '(') open.push(at)
    const opened = text[at] === ')' ? open.pop() : undefined
    if (opened !== undefined) closing.set(opened, at)
  }
  return closing
}
