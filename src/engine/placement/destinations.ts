import type { Parameter } from '../../model/element.ts'
import type { UploadedPart } from '../../model/exchange.ts'
import { isObject } from '../../model/is-object.ts'
import { asText } from '../as-text.ts'
import type { Place } from '../plan.ts'
import { parseRootPath, wrapInPath } from '../root-path.ts'
import type { Placing, QueryPair } from '../vendor-draft.ts'

/** Where a parameter's value goes: `vendorType` (spec 11 §3.3). Absent values never reach these functions. */
export const destinations: Record<string, (parameter: Parameter) => Place> = {
  query: ({ vendorName, type }) =>
    // a body sent as query: each top-level member is one parameter (spec 11 §3.4)
    type === 'body'
      ? (exchange, value) => exchange.vendor.query.push(...members(value))
      : (exchange, value) => {
          // empty values are not sent (spec 11 §3.10 step 5)
          for (const item of Array.isArray(value) ? value : [value]) {
            const text = asText(item)
            if (text === '') continue
            const pair: QueryPair = [vendorName, text]
            exchange.vendor.query.push(pair)
            if (type === 'value') exchange.vendor.queryTemplates.push(pair)
          }
        },
  path: ({ vendorName }) => {
    const name = vendorName.replace(/^:/, '')
    return (exchange, value) => {
      exchange.vendor.pathValues[name] = asText(value)
    }
  },
  header: ({ vendorName }) => {
    const header = vendorName.trim().toLowerCase()
    return (exchange, value) => {
      // a template whose keys are all unset makes no header, or it would keep the authentication from adding its own
      const text = asText(value)
      if (text !== '') exchange.vendor.headers[header] = text
    }
  },
  body:
    ({ vendorDataType }) =>
    (exchange, value) => {
      // a file is the whole body: as base64 text where the vendor wants text (spec 11 §3.4)
      if (isUpload(value)) {
        const isBase64 = vendorDataType?.toLowerCase() === 'string'
        exchange.vendor.upload = { file: value, isBase64, base64: undefined }
      } else {
        exchange.vendor.body = value
      }
    },
  bodyField: ({ vendorName, vendorDataType }) => {
    const path = parseRootPath(vendorName)
    return (exchange, value) => {
      if (!path) return
      exchange.vendor.bodyFields ??= {}
      mergeInto(exchange.vendor.bodyFields, wrapInPath(typed(value, vendorDataType), path) as Record<string, unknown>)
    }
  },
  form: ({ vendorName, type, converter }) => {
    const fieldsOf = converter === 'toBrackets' ? bracketed : members
    return (exchange, value) => {
      // a file travels as a part of its own
      if (isUpload(value)) return placePart(exchange, vendorName, value)
      exchange.vendor.form ??= []
      const { form } = exchange.vendor
      if (type === 'body') form.push(...fieldsOf(value))
      else {
        const field: [string, string] = [vendorName, asText(value)]
        form.push(field)
        if (type === 'value') exchange.vendor.formTemplates.push(field)
      }
    }
  },
  multipart:
    ({ vendorName, type }) =>
    (exchange, value) => {
      if (type !== 'body') return placePart(exchange, vendorName, value)
      for (const [name, member] of members(value)) placePart(exchange, name, member)
    },
  bodyToken: ({ vendorName }) => placeToken(vendorName),
  // `{where}` fills that token in the templates of other parameters (spec 11 §3.9); anything else is for hooks only
  'no-op': ({ vendorName }) => {
    const token = tokenName(vendorName)
    return token === undefined ? () => undefined : placeToken(token)
  },
}

/** `{where}` → `where`; undefined for a name without braces. */
export function tokenName(vendorName: string): string | undefined {
  return /^\{([^{}]+)\}$/.exec(vendorName.trim())?.[1]
}

function placeToken(name: string): Place {
  return (exchange, value) => {
    exchange.vendor.tokens[name] = value
  }
}

function placePart({ vendor }: Placing, name: string, value: unknown): void {
  vendor.parts ??= []
  vendor.parts.push(isUpload(value) ? { ...value, name } : { name, value: asText(value) })
}

function isUpload(value: unknown): value is UploadedPart {
  return typeof value === 'object' && value !== null && 'open' in value && typeof value.open === 'function'
}

function members(value: unknown): [string, string][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value)
    .filter(([, member]) => member !== null && member !== undefined)
    .map(([name, member]) => [name, asText(member)])
}

/** Converter `toBrackets` of a body (ours): members of members are fields of their own, `address[city]`, `items[0][price]`. */
function bracketed(value: unknown, above = ''): [string, string][] {
  if (typeof value !== 'object') return [[above, asText(value)]]
  return Object.entries(value ?? {})
    .filter(([, member]) => member !== null && member !== undefined)
    .flatMap(([name, member]) => bracketed(member, above === '' ? name : `${above}[${name}]`))
}

/** `vendorDataType` integer, number or boolean makes a JSON value when the text parses (spec 11 §3.8). */
function typed(value: unknown, dataType: string | undefined): unknown {
  if (typeof value !== 'string') return value
  if (dataType === 'boolean' && /^(true|false)$/i.test(value)) return value.toLowerCase() === 'true'
  if ((dataType === 'integer' || dataType === 'number') && value.trim() !== '' && Number.isFinite(Number(value))) {
    return Number(value)
  }
  return value
}

function mergeInto(target: Record<string, unknown>, source: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(source)) {
    const present = Object.hasOwn(target, name) ? target[name] : undefined
    if (isObject(value) && isObject(present)) mergeInto(present, value)
    // defineProperty, because a member may be called __proto__
    else Object.defineProperty(target, name, { value, enumerable: true, writable: true, configurable: true })
  }
}
