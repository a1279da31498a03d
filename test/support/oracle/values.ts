import { createHash } from 'node:crypto'
import type { Parameter } from '../../../src/model/element.ts'

/** Stands for a text that only the hub knows: a token that the vendor issued, a secret that is masked. */
export const UNKNOWN = '\u0000'

/** What a caller sends to one resource. */
export interface OracleCall {
  method: string
  /** with the path variables filled in, below `/hubs/<hub>` */
  path: string
  pathVariables: Record<string, string>
  query: Record<string, string>
  headers: Record<string, string>
  body: unknown
  /** the one file of an upload, by the name of its part */
  parts: Record<string, string>
}

export type Values = Readonly<Record<string, string | null | undefined>>

/** Value of a row on the platform side; undefined: there is none (spec 11 §3.2). */
export function readOrigin(row: Parameter, call: OracleCall, configuration: Values): unknown {
  const read = ORIGINS[row.type]
  const value = read?.(row.name, call, configuration)
  return value === null || value === '' ? undefined : value
}

const ORIGINS: Record<string, (name: string, call: OracleCall, configuration: Values) => unknown> = {
  query: (name, call) => call.query[name],
  path: (name, call) => call.pathVariables[plainName(name)],
  body: (_name, call) => call.body,
  bodyField: (name, call) => memberAt(call.body, name),
  form: (name, call) => memberAt(call.body, name),
  header: (name, call) => call.headers[name.trim().toLowerCase()],
  multipart: (name, call) => call.parts[name],
  configuration: (name, _call, configuration) => configuration[name],
  value: (name, _call, configuration) => fillTemplate(name, configuration),
}

/** `{:id}` and `id` are the same name (spec 11 §3.10 step 4). */
export function plainName(name: string): string {
  return name.trim().replace(/^:/, '')
}

/** Dotted members with `[0]` and `[*]`; undefined when the path does not resolve (spec 11 §4.4). */
export function memberAt(value: unknown, path: string): unknown {
  const steps = path.replaceAll('[', '.[').split('.').filter(Boolean)
  let at: unknown[] = [value]
  let isMany = false
  for (const step of steps) {
    const index = /^\[(\d+|\*)\]$/.exec(step)?.[1]
    if (index === '*') {
      isMany = true
      at = at.flatMap((item) => (Array.isArray(item) ? item : []))
    } else {
      at = at.flatMap((item) => {
        const member = (item as Record<string, unknown> | null | undefined)?.[index ?? step]
        return typeof item !== 'object' || member === undefined ? [] : [member]
      })
    }
    if (at.length === 0) return undefined
  }
  return isMany ? at : at[0]
}

const HELPERS: Record<string, (text: string) => string> = {
  b64: (text) => Buffer.from(text).toString('base64'),
  md5: (text) => createHash('md5').update(text).digest('hex'),
}

/** `${configuration.key}`, `${key}` and `CE.b64(…)` (spec 11 §3.5). */
export function fillTemplate(template: string, configuration: Values): string {
  const filled = template.replaceAll(/\$\{([^}]*)\}/g, (_all, name: string) => {
    return configuration[name.replace(/^configuration\./, '')] ?? ''
  })
  const call = /CE\.(\w+)\(/.exec(filled)
  const helper = call ? HELPERS[call[1] ?? ''] : undefined
  if (!call || !helper) return filled
  const start = call.index + call[0].length
  let end = start
  for (let depth = 1; end < filled.length; end++) {
    if (filled[end] === '(') depth++
    if (filled[end] === ')' && --depth === 0) break
  }
  const argument = filled.slice(start, end)
  const result = argument.includes(UNKNOWN) ? UNKNOWN : helper(argument)
  return filled.slice(0, call.index) + result + filled.slice(end + 1)
}

export function asText(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** Top-level members that have a value, as texts (spec 11 §3.4: body→form, body→query). */
export function membersOf(value: unknown): [name: string, value: string][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value)
    .filter(([, member]) => member !== null && member !== undefined && member !== '')
    .map(([name, member]) => [name, asText(member)])
}
