import type { Parameter, Schema } from '../../model/element.ts'
import { parameter } from '../expand-resources.ts'
import type { Doubtful } from './doubts.ts'
import { shortened, textOf } from './json-value.ts'
import { MAX_DESCRIPTION } from './limits.ts'
import type { ListPaging } from './paging.ts'
import { propertiesOf, resolved } from './schemas.ts'
import { literalText } from './template-text.ts'
import type { Definitions, Operation, OperationBody, OperationParameter } from './vendor-api.ts'

/** Names of caller parameters that mean something to the platform. */
const PLATFORM_NAMES = new Set(['where', 'page', 'pageSize', 'nextPage'])

/** Data types of parameters (spec 11 §3.8). */
function dataTypeOf({ type, format }: Schema): string {
  if (format === 'binary' || type === 'file') return 'file'
  if (format === 'date-time') return 'dateTime'
  if (format === 'date') return 'date'
  return ['string', 'integer', 'number', 'boolean', 'array', 'object'].includes(type ?? '') ? String(type) : 'string'
}

function typed(schema: Schema, more: Partial<Parameter> = {}): Partial<Parameter> {
  const dataType = dataTypeOf(schema)
  return { dataType, vendorDataType: dataType, ...more }
}

function described({ description, required, schema }: OperationParameter): Partial<Parameter> {
  const choices = schema.enum ?? resolvedItems(schema)
  const allowed = choices.length > 0 && choices.length <= 20 ? `One of ${choices.join(', ')}.` : undefined
  const text = [shortened(description, MAX_DESCRIPTION), allowed].filter((part) => part !== undefined).join(' ')
  return { required, ...(text === '' ? {} : { description: text }) }
}

const resolvedItems = ({ items }: Schema): unknown[] => items?.enum ?? []

/** Path, query and header parameters of an operation; paging ones go by their platform names. */
export function plainParameters(
  operation: Operation,
  variables: ReadonlyMap<string, string>,
  paging: ListPaging | undefined,
): Parameter[] {
  const rows: Parameter[] = [...variables].map(([name, vendorName]) => {
    const declared = operation.parameters.find((entry) => entry.in === 'path' && entry.name === vendorName)
    return declared?.fixed === undefined
      ? parameter(
          'path',
          name,
          'path',
          vendorName,
          typed(declared?.schema ?? {}, { ...(declared && described(declared)), required: true }),
        )
      : parameter('path', name, 'path', vendorName, {
          required: true,
          description: `"${declared.fixed}" is the only value.`,
        })
  })
  // what else stands in braces is filled from the query (spec 11 §3.4)
  const others = [...operation.path.matchAll(/\{([^{}]+)\}/g)].map(([, name = '']) => name)
  const inAddress = new Set(others.filter((name) => !rows.some((row) => row.vendorName === name)))
  for (const name of inAddress) rows.push(parameter('query', name, 'path', name, { required: true }))
  for (const entry of operation.parameters) {
    if (entry.in === 'path' || (entry.in === 'query' && inAddress.has(entry.name))) continue
    if (entry.fixed !== undefined) rows.push(fixed(entry.in, entry.name, entry.fixed))
    else if (entry.in === 'header')
      rows.push(parameter('header', entry.name, 'header', entry.name, typed(entry.schema, described(entry))))
    else rows.push(queryParameter(entry, paging, operation.whereConverter !== undefined))
  }
  return rows
}

/** A value the vendor always gets, which must not be read as a template (spec 11 §3.5). */
function fixed(place: string, name: string, value: string): Parameter {
  return parameter('value', literalText(value), place, name)
}

function queryParameter(entry: OperationParameter, paging: ListPaging | undefined, hasFilter: boolean): Parameter {
  const { name, schema } = entry
  const platformName =
    entry === paging?.size
      ? 'pageSize'
      : entry === paging?.position
        ? 'page'
        : entry === paging?.cursor
          ? 'nextPage'
          : undefined
  if (platformName !== undefined) {
    return parameter('query', platformName, 'query', name, typed(schema, { ...described(entry), required: false }))
  }
  // a name of the platform's own would be taken for paging
  const own = PLATFORM_NAMES.has(name) && (name !== 'where' || hasFilter) ? `vendor_${name}` : name
  return parameter('query', own, 'query', name, typed(schema, described(entry)))
}

/** The `where` of a list: the vendor's filter language, or its query parameters one by one (spec 11 §4.1). */
export function whereParameter({ parameters, whereConverter }: Operation, paging: ListPaging): Parameter[] {
  if (parameters.some(({ name, in: place }) => place === 'query' && name === 'where')) return []
  const used = [paging.size, paging.position, paging.cursor]
  const filters = parameters.filter(
    (entry) => entry.in === 'query' && entry.fixed === undefined && !used.includes(entry),
  )
  if (whereConverter === undefined && filters.length === 0) return []
  const converter = whereConverter ?? 'toQueryParameters'
  const description =
    whereConverter === undefined
      ? `CEQL expression; every condition becomes a query parameter of the vendor, which knows ${filters.map(({ name }) => name).join(', ')}.`
      : 'CEQL expression; becomes the vendor’s own filter.'
  return [
    parameter('query', 'where', 'query', `converter:${converter}`, {
      converter,
      description: shortened(description, MAX_DESCRIPTION),
    }),
  ]
}

/** What a caller's body becomes, by the vendor's format. */
export function bodyParameters(
  body: OperationBody,
  requestName: string | undefined,
  definitions: Definitions,
  place: string,
  doubt: Doubtful,
): Parameter[] {
  if (body.kind === 'multipart') return multipartParameters(body, definitions, place, doubt)
  const dataType = requestName ?? (resolved(body.schema, definitions)?.type === 'string' ? 'string' : 'object')
  const row = (vendorType: string) =>
    parameter('body', 'body', vendorType, 'body', { dataType, vendorDataType: dataType, required: body.required })
  if (body.kind === 'form') {
    const nested = propertiesOf(body.schema, definitions).some(([, property]) =>
      ['array', 'object'].includes(resolved(property, definitions)?.type ?? ''),
    )
    if (nested) doubt(place, 'the vendor takes form fields; nested members of the body are sent as JSON text')
    return [row('form'), contentType('application/x-www-form-urlencoded')]
  }
  if (body.kind === 'raw') doubt(place, `the vendor takes a body of ${body.contentType}: callers send it as text`)
  return [row('body'), ...(body.contentType === 'application/json' ? [] : [contentType(body.contentType)])]
}

function multipartParameters(
  body: OperationBody,
  definitions: Definitions,
  place: string,
  doubt: Doubtful,
): Parameter[] {
  const required = new Set(resolved(body.schema, definitions)?.required ?? [])
  const named = propertiesOf(body.schema, definitions).filter(([name]) => name !== '')
  const parts = named.map(([name, property]) => {
    const schema = resolved(property, definitions) ?? {}
    const isFile = dataTypeOf(schema) === 'file' || dataTypeOf(resolved(schema.items, definitions) ?? {}) === 'file'
    return parameter('multipart', name, 'multipart', name, {
      ...typed(isFile ? { type: 'file' } : schema),
      required: required.has(name),
      ...(textOf(schema['description']) === undefined ? {} : { description: textOf(schema['description']) }),
    })
  })
  if (parts.length === 0) doubt(place, 'the parts of the multipart body are not described: one part "file" is a guess')
  return [
    ...(parts.length > 0 ? parts : [parameter('multipart', 'file', 'multipart', 'file', typed({ type: 'file' }))]),
    contentType('multipart/form-data'),
  ]
}

export function contentType(value: string): Parameter {
  return parameter('value', literalText(value), 'header', 'Content-Type')
}

export function accept(value: string): Parameter {
  return parameter('value', literalText(value), 'header', 'Accept')
}
