import type { Parameter, Resource } from '../../../model/element.ts'
import { parameter } from '../../expand-resources.ts'
import type { ManifestConfigurationRow } from '../../manifest.ts'
import { assembleElement, hubOf, type Naming } from '../assemble-element.ts'
import type { Doubtful } from '../doubts.ts'
import { shortened } from '../json-value.ts'
import { MAX_DESCRIPTION, MAX_RESOURCES } from '../limits.ts'
import { buildModels, type ModelPlan } from '../models.ts'
import { childrenOf, parseXml } from '../parse-xml.ts'
import { createPlatformPaths } from '../platform-paths.ts'
import { accept, contentType } from '../request-parameters.ts'
import { literalText } from '../template-text.ts'
import type { ImportedElement } from '../vendor-api.ts'
import { type AnswerContent, answerContentOf, answerPrefixOf } from './answer-root.ts'
import { envelopeTemplate, escaped, type HeaderPart, headerOf, type Wrapper, wrapperOf } from './envelope.ts'
import { readService, type SoapOperation } from './service.ts'
import { createXsdTypes, type Field, schemaOfFields } from './xsd-types.ts'

/** What is known of one call before its resource is written. */
interface Draft {
  method: 'GET' | 'POST'
  /** below the hub */
  path: string
  operation: SoapOperation
  wrapper: Wrapper | undefined
  content: AnswerContent
  header: HeaderPart
  /** the one field that a read is by */
  id?: Field
}

const READS = /^(get|read|fetch|find|retrieve|lookup|load|view|describe|list|query|search)/i
const ID_NAME = /(^|[a-z_])(id|key|no|nr|num|number|code|guid|uuid|ref|reference)$/i

/**
 * A WSDL 1.1 document: every operation is a POST with the envelope as a template, one that reads by an id or without
 * arguments a GET too (spec 11 §4.7).
 *
 * @throws ValenceError IMPORT_INVALID
 */
export function readWsdl(text: string, naming: Naming, doubt: Doubtful): ImportedElement {
  const root = parseXml(text)
  const service = readService(root, doubt)
  const types = createXsdTypes(service.schemas)
  if (childrenOf(root, 'Policy').length > 0)
    doubt('Policy', 'the policy of the service (WS-Security and the like) is not imported')
  const location = service.operations.find((operation) => operation.location !== undefined)?.location
  const prefix = answerPrefixOf(text, location)
  const paths = createPlatformPaths([])
  const drafts = service.operations.flatMap((operation): Draft[] => {
    doubtStyle(operation, types.has, doubt)
    const wrapper = wrapperOf(operation, operation.input, types, operation.name)
    const common = {
      operation,
      wrapper,
      content: answerContentOf(prefix, wrapperOf(operation, operation.output, types, `${operation.name}Response`)),
      header: headerOf(operation.headers, types),
    }
    const path = (method: Draft['method'], end: string) =>
      paths(method, `/${lowerFirst(operation.name)}${end}`, undefined).path
    const fields = wrapper?.fields ?? []
    const post: Draft = { ...common, method: 'POST', path: path('POST', '') }
    if (!READS.test(operation.name)) return [post]
    if (fields.length === 0) return [post, { ...common, method: 'GET', path: path('GET', '') }]
    const [id] = fields
    const isById = fields.length === 1 && id?.isSimple && (ID_NAME.test(id.name) || /ById$/.test(operation.name))
    return isById ? [post, { ...common, method: 'GET', path: path('GET', '/{id}'), id }] : [post]
  })
  if (drafts.length > MAX_RESOURCES)
    doubt('portType', `only the first ${MAX_RESOURCES} of ${drafts.length} calls are taken`)
  const kept = drafts.slice(0, MAX_RESOURCES)
  const { models } = buildModels(kept.map(planOf), types.definitions)
  doubt(
    'rootKey',
    `answers are taken out of <${prefix}:Envelope>: if the vendor uses another prefix, change the root keys`,
  )
  return assembleElement(
    {
      name: service.targetNamespace || 'Imported service',
      description: service.description,
      protocolType: 'soap',
      servers: location === undefined ? [] : [{ url: location }],
      credentials: [],
      pagination: { type: 'page', max: 100, maxPerObject: new Map() },
      headers: mediaTypes(service.operations),
      configuration: rowsOf(kept),
      resources: kept.map((draft, at) => resourceOf(draft, models[at], hubOf(naming), location)),
    },
    naming,
    doubt,
  )
}

function doubtStyle(operation: SoapOperation, hasNamespace: (namespace: string) => boolean, doubt: Doubtful): void {
  if (operation.isEncoded) doubt(operation.name, 'uses SOAP encoding: types of members may be needed as @xsi:type')
  if (operation.style === 'document' && operation.input.length > 1) {
    doubt(operation.name, 'has several parts in its body: the first is taken')
  }
  for (const part of operation.input) {
    const reference = part.attributes['element']
    const namespace = part.prefixes.get(reference?.includes(':') ? (reference.split(':')[0] ?? '') : '') ?? ''
    if (reference !== undefined && !hasNamespace(namespace))
      doubt(operation.name, `the schema of ${namespace} is not in the document`)
  }
}

const lowerFirst = (name: string) => name.slice(0, 1).toLowerCase() + name.slice(1)

function mediaTypes(operations: readonly SoapOperation[]): Parameter[] {
  const isNew = operations.every(({ soapVersion }) => soapVersion === '1.2')
  const type = isNew ? 'application/soap+xml' : 'text/xml'
  return [accept(type), contentType(`${type}; charset=utf-8`)]
}

function rowsOf(drafts: readonly Draft[]): ManifestConfigurationRow[] {
  return [...new Map(drafts.flatMap(({ header }) => header.configuration).map((row) => [row.key, row])).values()]
}

function planOf({ method, operation, wrapper, content }: Draft): ModelPlan {
  const { result, fields } = content
  const schema = result?.schema ?? schemaOfFields(fields)
  const isScalar = result?.isSimple || (result === undefined && fields.length === 0)
  const isNamed = schema.properties === undefined && schema.type !== 'array' && schema.type !== 'object'
  return {
    answer: isScalar ? undefined : { name: isNamed ? String(schema.type) : `${operation.name}Answer`, schema },
    request:
      method === 'POST' && wrapper
        ? { name: `${operation.name}Request`, schema: schemaOfFields(wrapper.fields) }
        : undefined,
  }
}

function resourceOf(draft: Draft, model: Resource['model'], hub: string, shared: string | undefined): Resource {
  const { method, path, operation, content } = draft
  const elsewhere = operation.location !== undefined && operation.location !== shared ? operation.location : undefined
  return {
    method,
    path: `/hubs/${hub}${path}`,
    vendorMethod: 'POST',
    ...(elsewhere === undefined ? {} : { vendorPath: elsewhere }),
    type: 'api',
    kind: 'eb',
    rootKey: content.rootKey,
    description: shortened(operation.description, MAX_DESCRIPTION) ?? operation.name,
    parameters: [...callParameters(draft, model?.requestName), ...draft.header.parameters],
    hooks: [],
    response: { contentType: 'application/json' },
    ...(model ? { model } : {}),
  }
}

/** Action, envelope, and what fills its tokens. */
function callParameters(
  { operation, wrapper, header, method, id }: Draft,
  requestName: string | undefined,
): Parameter[] {
  const hasBody = method === 'POST' && (wrapper?.fields.length ?? 1) > 0
  const inner = id ? `<${escaped(id.name)}>{id}</${escaped(id.name)}>` : hasBody ? '{body}' : ''
  const dataType = requestName ?? 'object'
  return [
    ...actionOf(operation),
    parameter('value', envelopeTemplate(operation.soapVersion, wrapper, inner, header.template), 'body', 'body', {
      description: 'Template of the envelope',
    }),
    ...(id ? [parameter('path', 'id', 'bodyToken', 'id', { required: true, description: id.name })] : []),
    ...(hasBody ? [parameter('body', 'body', 'bodyToken', 'body', { dataType, vendorDataType: dataType })] : []),
  ]
}

/** SOAP 1.1 has a header of its own for the action, 1.2 a parameter of the media type. */
function actionOf({ soapVersion, action }: SoapOperation): Parameter[] {
  if (soapVersion === '1.1') return [parameter('value', `"${literalText(action)}"`, 'header', 'Soapaction')]
  return action === '' ? [] : [contentType(`application/soap+xml; charset=utf-8; action="${action}"`)]
}
