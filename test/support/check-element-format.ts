import { TYPE_WORDS } from '../../src/elements/import/schemas.ts'
import type { ImportedElement } from '../../src/elements/import/vendor-api.ts'
import { AUTHENTICATION_TYPES } from '../../src/elements/standard-configuration.ts'
import { parseNextPageKey } from '../../src/engine/paging/next-page-key.ts'
import { compilePathTemplate } from '../../src/engine/path-template.ts'
import { splitRootKey } from '../../src/engine/root-path.ts'
import type { Parameter, Resource, Schema } from '../../src/model/element.ts'

/** What a made element must be, beyond what the tolerant engine would take (spec 11). */
const CONFIGURATION_TYPES = /^(TEXTFIELD_(32|64|128|1000)|BOOLEAN(_YESNO)?|TEXTAREA|PASSWORD|CODE_EDITOR|COMBO)$/
const ORIGINS = /^(query|path|body|value|configuration|multipart|header|form|bodyField|prevBody|prevBodyField)$/
const DESTINATIONS = /^(query|path|body|header|bodyToken|form|no-op|bodyField|multipart)$/
const RESOURCE_TYPES = /^(api|provisionAuthValidation|onRefresh|oauth2Password)$/
const MAX_BYTES = 10 * 1024 * 1024

type Made = Pick<
  ImportedElement,
  'name' | 'description' | 'hub' | 'authentication' | 'configuration' | 'parameters' | 'resources'
>

/** @returns one sentence per problem; none for an element as it should be */
export function formatProblems(element: Made): string[] {
  const problems: string[] = []
  const report = (problem: string) => problems.push(problem)
  checkTop(element, report)
  checkConfiguration(element, report)
  const keys = new Set(element.configuration.map(({ key }) => key))
  for (const row of element.parameters) checkParameter(row, 'element', keys, report)
  const seen = new Set<string>()
  for (const resource of element.resources) checkResource(resource, element, keys, seen, report)
  return problems
}

type Report = (problem: string) => void

function checkTop(element: Made, report: Report): void {
  if (!element.name?.trim() || !element.description?.trim()) report('name and description are needed')
  if (!/^\S+$/.test(element.hub) || element.hub !== element.hub.toLowerCase()) report(`hub "${element.hub}"`)
  if (!AUTHENTICATION_TYPES.some((type) => type === element.authentication.type)) {
    report(`authentication type ${element.authentication.type}`)
  }
  const size = JSON.stringify(element).length
  if (size > MAX_BYTES) report(`the element has ${size} characters`)
}

function checkConfiguration({ configuration, parameters }: Made, report: Report): void {
  const keys = configuration.map(({ key }) => key)
  for (const [at, row] of configuration.entries()) {
    if (!row.key || !row.name) report(`configuration ${at}: key and name are needed`)
    if (keys.indexOf(row.key) !== at) report(`configuration ${row.key} twice`)
    if (!CONFIGURATION_TYPES.test(row.type ?? '')) report(`configuration ${row.key}: type ${row.type}`)
    if (row.defaultValue !== undefined && typeof row.defaultValue !== 'string')
      report(`configuration ${row.key}: default`)
    if (row.type === 'COMBO' && !row.options?.length) report(`configuration ${row.key}: no options`)
  }
  for (const row of configuration.filter(({ key }) => /^oauth\..*url$/.test(key))) {
    for (const name of compilePathTemplate(row.defaultValue ?? '').names) {
      if (!keys.includes(name)) report(`${row.key}: nothing fills {${name}}`)
    }
  }
  const base = configuration.filter(({ key }) => key === 'base.url')
  const url = base[0]?.defaultValue ?? ''
  if (base.length !== 1 || url === '') report('one base.url with a default is needed')
  const names = compilePathTemplate(url).names
  if (!URL.canParse(url.replace(/^\{[^}]*\}/, 'https://x').replace(/\{[^}]*\}/g, 'x'))) report(`base.url "${url}"`)
  for (const name of names) {
    if (
      !parameters.some((row) => row.type === 'configuration' && row.vendorType === 'path' && row.vendorName === name)
    ) {
      report(`base.url: nothing fills {${name}}`)
    }
  }
}

function checkParameter(row: Parameter, place: string, keys: ReadonlySet<string>, report: Report): void {
  const at = `${place}: parameter ${row.name}`
  for (const member of ['name', 'vendorName', 'type', 'vendorType', 'dataType', 'vendorDataType'] as const) {
    if (typeof row[member] !== 'string' || row[member] === '') report(`${at}: ${member} "${row[member]}"`)
  }
  if (row.source !== 'request' && row.source !== 'response') report(`${at}: source ${row.source}`)
  if (typeof row.required !== 'boolean') report(`${at}: required ${row.required}`)
  if (!ORIGINS.test(row.type)) report(`${at}: type ${row.type}`)
  if (!DESTINATIONS.test(row.vendorType)) report(`${at}: vendorType ${row.vendorType}`)
  if (row.vendorType === 'header' && !/^[\w!#$%&'*+.^`|~-]+$/.test(row.vendorName)) report(`${at}: no header name`)
  if (row.type === 'configuration' && !keys.has(row.name)) report(`${at}: ${row.name} is not declared`)
  if (row.type !== 'value') return
  for (const [, key = ''] of row.name.matchAll(/\$\{configuration\.([^}]+)\}/g)) {
    if (!keys.has(key)) report(`${at}: ${key} is not declared`)
  }
}

function checkResource(
  resource: Resource,
  element: Made,
  keys: ReadonlySet<string>,
  seen: Set<string>,
  report: Report,
): void {
  const place = `${resource.method} ${resource.path}`
  const rows = resource.parameters ?? []
  if (!/^(GET|POST|PUT|PATCH|DELETE)$/.test(resource.method)) report(`${place}: method`)
  if (!RESOURCE_TYPES.test(resource.type ?? '')) report(`${place}: type ${resource.type}`)
  checkPath(resource, element.hub, report)
  const identity = `${resource.method} ${resource.path.replace(/\{[^}]*\}/g, '{}')} ${resource.type}`
  if (seen.has(identity)) report(`${place}: twice`)
  seen.add(identity)
  for (const row of rows) checkParameter(row, place, keys, report)
  checkOnce(rows, place, report)
  checkPlaceholders(resource, report)
  checkKeys(resource, report)
  checkModel(resource, place, report)
  const sample = resource.response?.['sampleData']
  if (sample !== undefined && typeof sample !== 'string') report(`${place}: sampleData is no text`)
}

function checkPath({ method, path }: Resource, hub: string, report: Report): void {
  const segments = path.split('/').slice(3)
  if (!path.startsWith(`/hubs/${hub}/`) || segments.length === 0) report(`${method} ${path}: not below the hub`)
  for (const segment of segments) {
    if (!/^([\w.~-]+|\{\w+\})$/.test(segment)) report(`${method} ${path}: segment "${segment}"`)
  }
  const variables = segments.filter((segment) => segment.startsWith('{'))
  if (new Set(variables).size < variables.length) report(`${method} ${path}: a variable twice`)
}

function checkOnce(rows: readonly Parameter[], place: string, report: Report): void {
  const requests = rows.filter(({ source }) => source === 'request')
  const destinations = requests.map(({ vendorType, vendorName }) =>
    vendorType === 'header' ? `header ${vendorName.toLowerCase()}` : `${vendorType} ${vendorName}`,
  )
  destinations.forEach((destination, at) => {
    if (destinations.indexOf(destination) !== at) report(`${place}: two values for ${destination}`)
  })
}

function checkPlaceholders({ method, path, vendorPath = '', parameters = [] }: Resource, report: Report): void {
  const place = `${method} ${path}`
  if (vendorPath !== '' && !/^(\/|https?:\/\/[^/])/.test(vendorPath)) report(`${place}: vendorPath "${vendorPath}"`)
  const filled = parameters.filter(({ vendorType }) => vendorType === 'path').map(({ vendorName }) => vendorName)
  for (const name of compilePathTemplate(vendorPath).names) {
    if (!filled.includes(name)) report(`${place}: nothing fills {${name}} of ${vendorPath}`)
  }
  for (const { type, name, vendorName, vendorType } of parameters) {
    if (type === 'path' && !path.includes(`{${name}}`)) report(`${place}: the path has no {${name}}`)
    if (vendorType === 'path' && !vendorPath.includes(`{${vendorName}}`)) report(`${place}: no {${vendorName}}`)
    const inTemplate = parameters.some((row) => row.type === 'value' && row.name.includes(`{${vendorName}}`))
    if (vendorType === 'bodyToken' && !inTemplate) report(`${place}: no template has {${vendorName}}`)
  }
}

function checkKeys({ method, path, rootKey, nextPageKey, parameters = [] }: Resource, report: Report): void {
  const place = `${method} ${path}`
  if (rootKey !== undefined && rootKey !== null) {
    const { request, response } = splitRootKey(rootKey)
    if ((!request && !response) || rootKey.split('|').length !== 2) report(`${place}: rootKey "${rootKey}"`)
    if (/(^|[.|])[.]|[.]($|[|])/.test(rootKey)) report(`${place}: rootKey "${rootKey}" has an empty step`)
  }
  if (nextPageKey === undefined || nextPageKey === null) return
  if (!parseNextPageKey(nextPageKey)) report(`${place}: nextPageKey "${nextPageKey}"`)
  if (!parameters.some(({ type, name }) => type === 'query' && name === 'nextPage')) {
    report(`${place}: nothing takes the cursor of ${nextPageKey}`)
  }
}

function checkModel({ model, parameters = [] }: Resource, place: string, report: Report): void {
  if (!model) return
  checkDefinitions(model.name, model.swagger ?? {}, place, report)
  checkDefinitions(model.requestName, model.requestSwagger ?? {}, place, report)
  const body = parameters.find(({ type }) => type === 'body')
  const known = body?.dataType === model.requestName || TYPE_WORDS.has(body?.dataType ?? '')
  if (body && !known) report(`${place}: the body is called ${body.dataType}, its model ${model.requestName}`)
}

function checkDefinitions(
  name: string | undefined,
  swagger: Record<string, Schema>,
  place: string,
  report: Report,
): void {
  if (name !== undefined && !Object.hasOwn(swagger, name)) report(`${place}: model ${name} is missing`)
  const walk = (schema: Schema): void => {
    const { type } = schema
    if (type !== undefined && typeof type !== 'string') report(`${place}: type ${JSON.stringify(type)}`)
    else if (type !== undefined && !TYPE_WORDS.has(type) && !Object.hasOwn(swagger, type)) {
      report(`${place}: definition ${type} is missing`)
    }
    if (type === 'array' && !schema.items) report(`${place}: an array without items`)
    if (schema['$ref'] !== undefined) report(`${place}: a $ref is left`)
    if (schema.items) walk(schema.items)
    for (const property of Object.values(schema.properties ?? {})) walk(property)
  }
  for (const [definition, schema] of Object.entries(swagger)) {
    if (TYPE_WORDS.has(definition)) report(`${place}: a definition is called ${definition}`)
    walk(schema)
  }
}
