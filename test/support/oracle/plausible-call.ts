import type { Parameter, Resource, Schema } from '../../../src/model/element.ts'
import type { OracleCall } from './values.ts'
import { WHERE } from './where.ts'

/**
 * A call as a sensible caller would make it.
 * @param extent `least`: what the path and required rows need, and a body; `all`: every declared query parameter, header and part
 */
export function plausibleCall(resource: Resource, extent: 'least' | 'all'): OracleCall {
  const rows = (resource.parameters ?? []).filter(({ source }) => (source || 'request') === 'request')
  const wanted = (row: Parameter) => extent === 'all' || row.required === true
  const of = (type: string) => rows.filter((row) => row.type === type)
  const query = of('query')
    .filter(wanted)
    .filter(({ name }) => name !== 'nextPage')
  const names = [...resource.path.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => name)
  const pathVariables = Object.fromEntries(names.map((name, index) => [name.replace(/^:/, ''), `${7 + index}`]))
  return {
    method: resource.method.toUpperCase(),
    path: belowHub(resource.path).replaceAll(
      /\{([^}]+)\}/g,
      (_all, name: string) => pathVariables[name.replace(/^:/, '')] ?? '',
    ),
    pathVariables,
    query: Object.fromEntries(query.map((row) => [row.name, queryValue(row)])),
    headers: Object.fromEntries(
      of('header')
        .filter(wanted)
        .map(({ name }) => [name.trim().toLowerCase(), 'h-1']),
    ),
    body: of('multipart').length > 0 ? fieldsOf(of('form')) : rows.some(hasBody) ? bodyFor(resource, rows) : undefined,
    parts: Object.fromEntries(of('multipart').map(({ name }) => [name, 'a small file'])),
  }
}

function hasBody({ type }: Parameter): boolean {
  return type === 'body' || type === 'bodyField' || type === 'form'
}

/** What an upload carries beside its file. */
function fieldsOf(rows: readonly Parameter[]): Record<string, string> {
  return Object.fromEntries(rows.map(({ name }) => [name, 'x']))
}

export function belowHub(path: string): string {
  return path.replace(/^\/hubs\/[^/]+/, '')
}

const BY_NAME: Record<string, string> = {
  where: WHERE.text,
  page: '2',
  pageSize: '3',
  fields: 'id,name',
  orderBy: 'name',
}

function queryValue({ name, dataType }: Parameter): string {
  const known = BY_NAME[name]
  if (known !== undefined) return known
  if (dataType === 'boolean') return 'true'
  if (dataType === 'integer' || dataType === 'number' || dataType === 'long') return '5'
  if (dataType === 'array') return 'a,b'
  if (/date/i.test(`${name} ${dataType}`)) return '2020-01-31T10:00:00Z'
  return 'a b&c'
}

/** A body out of the request model; without one, two members that every vendor could have. */
function bodyFor({ model }: Resource, rows: readonly Parameter[]): unknown {
  const schemas = model?.requestSwagger ?? {}
  const root = schemas[model?.requestName ?? ''] ?? Object.values(schemas)[0]
  const sample = root ? sampleOf(root, schemas, 4) : undefined
  const isUseful = typeof sample === 'object' && sample !== null && Object.keys(sample).length > 0
  const body = isUseful ? sample : { name: 'Ada', amount: 5 }
  const fields = rows.filter(({ type }) => type === 'bodyField' || type === 'form').map(({ name }) => [name, 'x'])
  return Array.isArray(body) ? body : { ...Object.fromEntries(fields), ...body }
}

function sampleOf(schema: Schema, all: Record<string, Schema>, depth: number): unknown {
  if (depth === 0) return undefined
  const named =
    all[
      String(schema['$ref'] ?? '')
        .split('/')
        .at(-1) ?? ''
    ] ?? all[schema.type ?? '']
  if (named && named !== schema) return sampleOf(named, all, depth - 1)
  if (schema.type === 'array' || schema.items) {
    const item = schema.items ? sampleOf(schema.items, all, depth - 1) : 'x'
    return item === undefined ? [] : [item]
  }
  if (schema.properties) {
    const members = Object.entries(schema.properties).map(([name, member]) => [name, sampleOf(member, all, depth - 1)])
    return Object.fromEntries(members.filter(([, value]) => value !== undefined))
  }
  return SAMPLES[schema.type ?? ''] ?? 'text'
}

const SAMPLES: Record<string, unknown> = { integer: 3, number: 2.5, boolean: true, object: undefined }
