import type { Parameter } from '../../model/element.ts'
import type { UploadedPart } from '../../model/exchange.ts'
import { ownValue } from '../../model/own-value.ts'
import { extractPath, parseRootPath } from '../root-path.ts'
import { compileValueTemplate } from '../value-template.ts'
import type { Placing } from '../vendor-draft.ts'

/** An authentication scheme and one configuration value. */
const SCHEME_AND_KEY = /^[\w-]+ \$\{(?:configuration\.)?([^}]+)\}$/

/** Reads one value from the caller's side; `undefined` when there is none. */
export type Origin = (exchange: Placing) => unknown

/** Where a parameter's value comes from: `type` (spec 11 §3.2). */
export const origins: Record<string, (parameter: Parameter) => Origin> = {
  query:
    ({ name }) =>
    (exchange) =>
      emptyAsAbsent(ownValue(exchange.call.query, name)),
  path: ({ name }) => {
    const variable = name.replace(/^:/, '')
    return (exchange) => ownValue(exchange.pathVariables, variable)
  },
  body: () => (exchange) => exchange.call.body,
  bodyField: ({ name }) => {
    const path = parseRootPath(name)
    return (exchange) => (path ? extractPath(exchange.call.body, path) : undefined)
  },
  form: ({ name }) => {
    const path = parseRootPath(name)
    // text parts of an upload are form fields as well
    return ({ call }) =>
      (path ? extractPath(call.body, path) : undefined) ?? call.parts?.find((part) => part.name === name)?.text
  },
  multipart:
    ({ name }) =>
    (exchange) =>
      partNamed(exchange.call.parts ?? [], name),
  prevBody: () => (exchange) => exchange.previous?.body,
  prevBodyField: ({ name }) => {
    const path = parseRootPath(name)
    return (exchange) => (path ? extractPath(exchange.previous?.body, path) : undefined)
  },
  header: ({ name }) => {
    const header = name.trim().toLowerCase()
    return (exchange) => ownValue(exchange.call.headers, header)
  },
  value: ({ name, vendorName }) => {
    const template = compileValueTemplate(name)
    // `Bearer ${key}` without a key is no header, or it would keep the authentication from adding its own
    const key = /^authorization$/i.test(vendorName.trim()) ? SCHEME_AND_KEY.exec(name)?.[1] : undefined
    if (key === undefined) return ({ instance }) => template(instance.configuration)
    return ({ instance }) => (ownValue(instance.configuration, key) ? template(instance.configuration) : undefined)
  },
  configuration:
    ({ name }) =>
    (exchange) =>
      ownValue(exchange.instance.configuration, name) ?? undefined,
}

/** The part of that name; a caller's only file is taken whatever it is called. */
function partNamed(parts: readonly UploadedPart[], name: string): UploadedPart | string | undefined {
  const files = parts.filter(({ fileName }) => fileName !== undefined)
  const part = parts.find((candidate) => candidate.name === name) ?? (files.length === 1 ? files[0] : undefined)
  return part?.text ?? part
}

/** `objectId=` is the same as no `objectId` (spec 01 §1). */
function emptyAsAbsent(value: string | string[] | undefined): string | string[] | undefined {
  return value === '' ? undefined : value
}
