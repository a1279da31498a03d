/**
 * The manifest: how an element is written in `catalog/<key>/element.yaml`. `docs/element-manifest.md` explains every member;
 * `expand-manifest.ts` turns it into the wire format of spec 11. This file says what a manifest may contain.
 */
import { converters } from '../ceql/targets/table.ts'
import { parseField, TYPE_WORDS } from './field-shorthand.ts'
import {
  anyObject,
  type Check,
  type Checked,
  either,
  flag,
  integer,
  isPlainObject,
  listOf,
  mapOf,
  oneOf,
  openShape,
  type Report,
  refuseProblems,
  scalar,
  shape,
  text,
} from './shape.ts'
import { AUTHENTICATION_TYPES, authenticationSettings } from './standard-configuration.ts'

export const OPERATIONS = ['list', 'create', 'get', 'update', 'replace', 'delete'] as const
export type Operation = (typeof OPERATIONS)[number]

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'] as const
const CONFIGURATION_TYPES = [
  'TEXTFIELD_32',
  'TEXTFIELD_64',
  'TEXTFIELD_128',
  'TEXTFIELD_1000',
  'TEXTAREA',
  'PASSWORD',
  'BOOLEAN',
  'BOOLEAN_YESNO',
  'CODE_EDITOR',
  'COMBO',
] as const

/** Notations of `orderBy` that the engine can write (`engine/placement/order-converters.ts`). */
export const SORT_CONVERTERS = ['toColonOrder', 'toMinusOrder'] as const

// Path words that would be read as something else than an element key (spec 10 §2.2).
const RESERVED_KEYS = ['keys', 'metadata', 'convert', 'client-sdks']
const KEY = /^[a-z0-9-]*[a-z][a-z0-9-]*$/
const PATH = /^\/(?!hubs\/)\S*[^/\s]$/
const NAME = /^[A-Za-z_][\w-]*$/

const elementKey: Check<string> = (value, path, report) => {
  if (typeof value !== 'string' || !KEY.test(value))
    report(path, 'lower-case letters, digits and dashes with at least one letter', value)
  else if (RESERVED_KEYS.includes(value))
    report(path, `a key that is none of the path words ${RESERVED_KEYS.join(', ')}`, value)
}

const address = text(/^https?:\/\/\S+$|^\{\w+\}\S*$|^jdbc:\S+$/, 'an absolute address')

const root = text(/^\S*$/, 'a path without blanks')
const envelope = shape({}, { list: root, item: root, request: root })
const vendorMethods = shape(
  {},
  Object.fromEntries(OPERATIONS.map((name) => [name, oneOf(METHODS)])) as Record<
    Operation,
    Check<(typeof METHODS)[number]>
  >,
)

const configurationRow = shape(
  { key: text() },
  {
    name: text(),
    description: text(),
    type: oneOf(CONFIGURATION_TYPES),
    default: scalar,
    required: flag,
    hidden: flag,
    internal: flag,
    options: listOf(shape({ value: text(), description: text() }, {})),
  },
)

const rawParameter = openShape({ name: text(), type: text(), vendorName: text(), vendorType: text() }, {})
const rawHook = openShape({ type: oneOf(['preRequest', 'postRequest', 'event']) }, {})
const rawLists = { parameters: listOf(rawParameter), hooks: listOf(rawHook) }
const rawResource = openShape({ method: oneOf(METHODS), path: text(/^\//, 'a path that starts with /') }, rawLists)
const override = openShape({}, rawLists)

const whereConverter: Check<string> = (value, path, report) => {
  if (typeof value !== 'string' || !converters[value])
    report(path, `one of ${Object.keys(converters).join(', ')}`, value)
}

/** How one list pages, where it differs from the others; the empty text takes a name away. */
const anyText = text(/^/, 'text')
const resourcePagination = shape(
  {},
  { pageParameter: anyText, pageSizeParameter: anyText, nextPageParameter: anyText, sortParameter: anyText },
)

const REQUEST_FORMATS = ['json', 'form'] as const

const resource = shape(
  { operations: listOf(oneOf(OPERATIONS)) },
  {
    vendorPath: text(/^(\/|https?:\/\/)/, 'a path that starts with / or an absolute address'),
    model: text(),
    vendorObjectName: text(),
    singleton: flag,
    item: text(/^\w+$/, 'the name of a path variable'),
    vendorMethods,
    envelope,
    paging: oneOf(['vendor', 'platform', 'none']),
    pagination: resourcePagination,
    nextPageKey: anyText,
    hasMoreKey: anyText,
    where: either(isPlainObject, shape({ converter: whereConverter }, { parameter: text() }), flag),
    searchResource: text(PATH, 'the path of a resource that starts with /'),
    sort: flag,
    requestFormat: oneOf(REQUEST_FORMATS),
    filters: listOf(text()),
    parents: mapOf(text(/^\S+$/, 'a name without blanks')),
    query: mapOf(text(), /^\S+$/, 'a query parameter without blanks'),
    fixed: shape({}, { query: mapOf(scalar), body: mapOf(scalar), headers: mapOf(text()) }),
    description: text(),
    overrides: shape(
      {},
      Object.fromEntries(OPERATIONS.map((name) => [name, override])) as Record<Operation, typeof override>,
    ),
  },
)

/** Of definitions of custom fields: members are named by dotted paths (`elements/custom-fields.ts`). */
const customFields = shape(
  { vendorPath: text(/^(\/|https?:\/\/)/, 'a path that starts with / or an absolute address'), path: text() },
  {
    envelope,
    paging: oneOf(['vendor', 'platform', 'none']),
    fixed: shape({}, { query: mapOf(scalar), headers: mapOf(text()) }),
    type: text(),
    types: mapOf(oneOf(['string', 'number', 'boolean', 'date', 'array', 'object'])),
    displayName: text(),
    choices: text(),
    choice: text(),
    required: text(),
    readOnly: text(),
    only: mapOf(scalar),
  },
)

const fieldText: Check<string> = (value, path, report) => {
  if (typeof value !== 'string') return report(path, 'a field such as "string required"', value)
  const field = parseField(value)
  if ('problem' in field) report(path, field.problem, value)
}
const field = either(isPlainObject, shape({ type: fieldText }, { description: text(), sample: scalar }), fieldText)

const authentication = shape(
  { type: oneOf(AUTHENTICATION_TYPES) },
  {
    authorizationUrl: address,
    tokenUrl: address,
    refreshUrl: address,
    revokeUrl: address,
    requestUrl: address,
    requestAuthorizationType: oneOf(['query', 'header']),
    scope: text(),
    basicHeader: flag,
    refreshInterval: integer,
    callbackUrl: text(),
    region: text(),
  },
)

const manifestShape = shape(
  {
    key: elementKey,
    id: integer,
    name: text(),
    description: text(),
    hub: text(KEY, 'the key of a hub'),
    authentication,
    baseUrl: address,
  },
  {
    aliases: listOf(elementKey),
    protocol: oneOf(['http', 'soap', 'odata', 'jdbc']),
    image: text(),
    logo: text(),
    pagination: shape(
      { type: oneOf(['page', 'offset', 'cursor']), max: integer },
      {
        startIndex: integer,
        pageParameter: text(),
        pageSizeParameter: text(),
        nextPageParameter: text(),
        sortParameter: text(),
        sortConverter: oneOf(SORT_CONVERTERS),
        fieldsParameter: text(),
        nextPageKey: text(),
        hasMoreKey: text(),
      },
    ),
    requestFormat: oneOf(REQUEST_FORMATS),
    envelope,
    vendorMethods,
    trailingSlash: flag,
    headers: mapOf(text()),
    configuration: listOf(configurationRow),
    models: mapOf(mapOf(field), NAME, 'a model name of letters, digits, _ and -'),
    resources: mapOf(resource, PATH, 'a path that starts with / (not /hubs/) and does not end with one'),
    customFields: mapOf(customFields, NAME, 'the name of an object'),
    raw: shape({}, { resources: listOf(rawResource), ...rawLists }),
    extra: anyObject,
  },
)

export type Manifest = Checked<typeof manifestShape>
export type ManifestResource = Checked<typeof resource>
export type ManifestCustomFields = Checked<typeof customFields>
export type ManifestEnvelope = Checked<typeof envelope>
export type ManifestField = Checked<typeof field>
export type ManifestConfigurationRow = Checked<typeof configurationRow>

/**
 * Checks a parsed manifest whole: every problem is reported at once.
 *
 * @param value what the YAML parser gave
 * @param source name of the file for the message
 * @throws ValenceError MANIFEST_INVALID, one line per problem: `<source>: <path>: expected …, got …`
 */
export function readManifest(value: unknown, source: string): Manifest {
  refuseProblems(source, (report) => {
    manifestShape(value, '', report)
  })
  const manifest = value as Manifest
  refuseProblems(source, (report) => {
    checkAuthentication(manifest, report)
    checkSorting(manifest, report)
    checkModels(manifest, report)
    checkConfiguration(manifest, report)
    checkExtra(manifest, report)
    checkRawModels(manifest, report)
    for (const [path, entry] of Object.entries(manifest.resources ?? {})) checkResource(manifest, path, entry, report)
    checkCustomFields(manifest, report)
  })
  return manifest
}

function checkAuthentication({ authentication }: Manifest, report: Report): void {
  const { type, ...given } = authentication
  const { required, optional } = authenticationSettings(type)
  for (const name of required) {
    if (!(name in given)) report(`authentication.${name}`, `a value, because the type is ${type}`, undefined)
  }
  for (const name of Object.keys(given)) {
    const allowed = [...required, ...optional]
    if (!allowed.includes(name))
      report(`authentication.${name}`, `only members of the type ${type} (${allowed.join(', ') || 'none'})`, name)
  }
}

function checkSorting({ pagination }: Manifest, report: Report): void {
  if (pagination?.sortConverter && !pagination.sortParameter) {
    report('pagination.sortConverter', 'pagination.sortParameter to be declared', pagination.sortConverter)
  }
}

function checkModels({ models = {} }: Manifest, report: Report): void {
  for (const [model, fields] of Object.entries(models)) {
    if (TYPE_WORDS.includes(model))
      report(`models.${model}`, `a name that is none of the types ${TYPE_WORDS.join(', ')}`, model)
    for (const [name, entry] of Object.entries(fields)) {
      const parsed = parseField(typeof entry === 'string' ? entry : entry.type)
      if ('problem' in parsed || parsed.model === undefined || models[parsed.model]) continue
      report(`models.${model}.${name}`, `a type or one of the models ${Object.keys(models).join(', ')}`, parsed.model)
    }
  }
}

function checkConfiguration({ baseUrl, configuration = [] }: Manifest, report: Report): void {
  for (const name of pathVariables(baseUrl)) {
    if (!configuration.some((row) => row.key === name)) {
      report('baseUrl', `configuration keys as variables, because nothing fills {${name}}`, baseUrl)
    }
  }
  configuration.forEach((row, index) => {
    const first = configuration.findIndex((other) => other.key === row.key)
    if (first < index)
      report(`configuration[${index}].key`, `a key that configuration[${first}] has not declared already`, row.key)
    if (row.type === 'COMBO' && !row.options?.length)
      report(`configuration[${index}].options`, 'at least one option for the type COMBO', row.options)
  })
}

function checkExtra({ extra = {} }: Manifest, report: Report): void {
  for (const name of [
    'key',
    'id',
    'name',
    'hub',
    'authentication',
    'configuration',
    'parameters',
    'resources',
    'hooks',
  ]) {
    if (name in extra) report(`extra.${name}`, 'only members that the manifest has no own place for', name)
  }
}

function checkCustomFields({ customFields = {}, resources = {} }: Manifest, report: Report): void {
  for (const object of Object.keys(customFields)) {
    if (!resources[`/${object}`]) report(`customFields.${object}`, 'the name of a resource, without its slash', object)
  }
}

function checkRawModels({ models = {}, raw }: Manifest, report: Report): void {
  raw?.resources?.forEach((resource, index) => {
    const { model } = resource as { model?: unknown }
    if (typeof model !== 'string' || model === 'file' || models[model.replace(/^\[(.*)\]$/, '$1')]) return
    report(`raw.resources[${index}].model`, `file, or one of the models ${Object.keys(models).join(', ')}`, model)
  })
}

function checkResource(manifest: Manifest, path: string, entry: ManifestResource, report: Report): void {
  const at = `resources.${path}`
  const { operations, singleton, model } = entry
  if (operations.length === 0) report(`${at}.operations`, `at least one of ${OPERATIONS.join(', ')}`, operations)
  operations.forEach((name, index) => {
    if (operations.indexOf(name) < index) report(`${at}.operations[${index}]`, 'each operation once', name)
  })
  if (singleton && operations.some((name) => name === 'list' || name === 'create')) {
    report(`${at}.operations`, 'only get, update, replace, delete for a singleton', operations)
  }
  if (model !== undefined && !manifest.models?.[model]) {
    report(
      `${at}.model`,
      `one of the models ${Object.keys(manifest.models ?? {}).join(', ') || '(none is declared)'}`,
      model,
    )
  }
  const variables = pathVariables(path)
  const item = entry.item ?? 'id'
  const hasItemPath = !singleton && operations.some((name) => name !== 'list' && name !== 'create')
  if (hasItemPath && variables.includes(item)) {
    report(
      `${at}.item`,
      `the name of the item's path variable, because {${item}} is taken by the path itself`,
      entry.item,
    )
  }
  if (hasItemPath && entry.vendorPath?.includes('?')) {
    report(`${at}.vendorPath`, 'no query, because /{id} is appended to it (see fixed.query)', entry.vendorPath)
  }
  for (const name of Object.keys(entry.parents ?? {})) {
    if (!variables.includes(name)) report(`${at}.parents.${name}`, 'a variable of the path', name)
  }
  const keys = (manifest.configuration ?? []).map((row) => row.key)
  for (const name of pathVariables(entry.vendorPath ?? '')) {
    if (!variables.includes(name) && !keys.includes(name)) {
      report(
        `${at}.vendorPath`,
        `variables of the platform path or configuration keys, because nothing fills {${name}}`,
        entry.vendorPath,
      )
    }
  }
  for (const name of Object.keys(entry.overrides ?? {})) {
    if (!operations.includes(name as Operation))
      report(`${at}.overrides.${name}`, `one of the operations ${operations.join(', ')}`, name)
  }
  if (entry.searchResource && !manifest.resources?.[entry.searchResource]?.operations.includes('list')) {
    report(`${at}.searchResource`, 'the path of a resource of this manifest that has a list', entry.searchResource)
  }
  if (entry.sort && !manifest.pagination?.sortParameter) {
    report(`${at}.sort`, 'pagination.sortParameter to be declared', entry.sort)
  }
}

/** Names of the `{variables}` of a path, in order. */
export function pathVariables(path: string): string[] {
  return [...path.matchAll(/\{([^{}]+)\}/g)].map((match) => match[1] ?? '')
}
