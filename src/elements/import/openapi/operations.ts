import { isObject, type JsonObject, objectOf, textOf } from '../json-value.ts'
import type { Method, Operation } from '../vendor-api.ts'
import { answerOf, bodyOf } from './messages.ts'
import { parametersOf } from './parameters.ts'
import type { Reading } from './reading.ts'
import { serversOf } from './servers.ts'

const METHODS: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
const UNSUPPORTED = ['head', 'options', 'trace', 'query']

/** An operation, and what it says about credentials. */
export interface Found {
  operation: Operation
  place: string
  security: unknown
}

/** Every operation of `paths`, in the order of the document. */
export function operationsOf(document: JsonObject, reading: Reading): Found[] {
  const found: Found[] = []
  for (const [path, entry] of Object.entries(objectOf(document['paths']))) {
    const item = reading.references.follow(entry)
    if (!item || path.startsWith('x-')) continue
    for (const method of METHODS) {
      const raw = item[method.toLowerCase()]
      if (isObject(raw)) found.push(operationOf(method, path, item, raw, reading))
    }
    for (const method of UNSUPPORTED) {
      if (isObject(item[method]))
        reading.doubt(`${method.toUpperCase()} ${path}`, 'has a method that callers of the platform cannot use')
    }
  }
  return found
}

function operationOf(method: Method, documentPath: string, item: JsonObject, raw: JsonObject, reading: Reading): Found {
  const place = `${method} ${documentPath}`
  const { doubt } = reading
  if (raw['deprecated'] === true) doubt(place, 'is deprecated')
  if (isObject(raw['callbacks'])) doubt(place, 'has callbacks, which are not imported')
  const { path, platformName } = readPath(documentPath)
  const [server] = serversOf(raw['servers'] ?? item['servers'])
  const parameters = parametersOf(item, raw, place, reading)
  // a GET carries no body (spec 11 §3.10 step 10)
  const body = method === 'GET' ? undefined : bodyOf(raw['requestBody'], place, reading)
  const answer = answerOf(raw['responses'], reading)
  const operation: Operation = {
    method,
    path,
    ...(platformName === undefined ? {} : { platformName }),
    ...(server ? { server } : {}),
    ...(textOf(raw['operationId']) === undefined ? {} : { operationId: textOf(raw['operationId']) }),
    ...(textOf(raw['summary'] ?? raw['description']) === undefined
      ? {}
      : { description: textOf(raw['summary'] ?? raw['description']) }),
    parameters,
    ...(body ? { body } : {}),
    ...(answer ? { answer } : {}),
    ...(parameters.some(({ name }) => name === '$filter') ? { whereConverter: 'toODataFilter' } : {}),
  }
  return { operation, place, security: raw['security'] }
}

/**
 * Some documents tell operations apart after a `#` that the vendor never sees, `/#Action=ListUsers`; expansions such as
 * `{?page}` repeat query parameters.
 */
function readPath(documentPath: string): { path: string; platformName?: string } {
  const [path = '/', fragment] = documentPath.split('#', 2)
  const plain = path.replace(/\{[?&#;][^{}]*\}/g, '')
  const name = fragment?.split(/[=.]/).at(-1) ?? /[?&](?:action|method|operation)=([\w.-]+)/i.exec(path)?.[1]
  return name ? { path: plain || '/', platformName: name } : { path: plain || '/' }
}
