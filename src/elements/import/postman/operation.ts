import type { Parameter } from '../../../model/element.ts'
import { parameter } from '../../expand-resources.ts'
import type { ManifestConfigurationRow } from '../../manifest.ts'
import { labelOf } from '../base-url.ts'
import type { Doubtful } from '../doubts.ts'
import { textOf } from '../json-value.ts'
import { configured, literalText } from '../template-text.ts'
import type { Operation, OperationParameter, Server } from '../vendor-api.ts'
import type { Read } from './entries.ts'
import { type Header, headersOf, isOwnHeader } from './headers.ts'
import { answerOf, requestBodyOf } from './message-bodies.ts'
import { descriptionOf, type RequestUrl } from './request-url.ts'
import { looksSecret, namesIn, type Variables } from './variables.ts'

/**
 * One request as an operation. Headers and query values that are `{{variables}}` become configuration of the instance.
 *
 * @param shared address that the element has
 * @param configuration rows that were needed so far, by key; new ones are added
 */
export function operationOf(
  { item, request, method, url }: Read,
  shared: Server | undefined,
  variables: Variables,
  configuration: Map<string, ManifestConfigurationRow>,
  doubt: Doubtful,
): Operation {
  const name = textOf(item['name'])
  const place = `${method} ${url.path}`
  const headers = headersOf(request['header'])
  const contentType = headers.find((header) => /^content-type$/i.test(header.name))?.value
  const body =
    method === 'GET' ? undefined : requestBodyOf(request['body'], contentType?.includes('{{') ? undefined : contentType)
  const answer = answerOf(item['response'])
  const configured = (text: string) => templateOf(text, variables, configuration)
  const query = url.query.filter(({ value }) => !isCredential(value))
  return {
    method,
    path: url.path,
    ...(url.server.url === shared?.url ? {} : { server: url.server }),
    description: descriptionOf(request['description']) ?? name,
    parameters: [...pathParameters(url), ...uniqueByName(query).map(queryParameter)],
    ...(body ? { body } : {}),
    ...(answer ? { answer } : {}),
    rows: [
      ...url.query
        .filter(({ value }) => isCredential(value))
        .map((entry) => parameter('value', configured(entry.value), 'query', entry.name)),
      ...headers.filter(isOwnHeader).map((header) => headerRow(header, configured, place, doubt)),
    ],
  }
}

/** `{{apiKey}}`: the same for all calls of an instance. */
function isCredential(value: string): boolean {
  const names = namesIn(value)
  return names.length > 0 && names.every(looksSecret)
}

function headerRow(
  { name, value }: Header,
  configured: (text: string) => string,
  place: string,
  doubt: Doubtful,
): Parameter {
  if (value !== '' && !value.includes('{{$')) return parameter('value', configured(value), 'header', name)
  if (value.includes('{{$')) doubt(place, `the header ${name} is made anew for each request: callers may send it`)
  return parameter('header', name, 'header', name)
}

/** `Bearer {{token}}` → `Bearer ${configuration.token}`, with the row that the key needs. */
function templateOf(text: string, variables: Variables, configuration: Map<string, ManifestConfigurationRow>): string {
  return literalText(text).replace(/\{\{\s*([^{}$]+?)\s*\}\}/g, (_, name: string) => {
    const key = name.replace(/[^\w.-]+/g, '.')
    const value = variables.get(name)
    const isSecret = looksSecret(name)
    if (!configuration.has(key)) {
      configuration.set(key, {
        key,
        name: labelOf(name),
        description: `Value of {{${name}}} in the collection.`,
        type: isSecret ? 'PASSWORD' : 'TEXTFIELD_1000',
        required: true,
        // secrets that somebody left in a collection are nobody's default
        ...(value === undefined || value === '' || isSecret ? {} : { default: value }),
      })
    }
    return configured(key)
  })
}

function pathParameters(url: RequestUrl): OperationParameter[] {
  return [...url.path.matchAll(/\{([^{}]+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    schema: { type: 'string' },
    required: true,
    description: url.variables.get(name)?.description,
  }))
}

function queryParameter({ name, value, description }: RequestUrl['query'][number]): OperationParameter {
  const example = value === '' || value.includes('{{') ? undefined : `For example ${value}`
  return {
    name,
    in: 'query',
    schema: { type: /^\d+$/.test(value) ? 'integer' : 'string' },
    required: false,
    description: description ?? example,
  }
}

function uniqueByName<T extends { name: string }>(entries: readonly T[]): T[] {
  return [...new Map(entries.toReversed().map((entry) => [entry.name, entry])).values()].toReversed()
}
