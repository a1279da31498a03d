import { Readable } from 'node:stream'
import { expressionOf } from '../../ceql/expression.ts'
import { JsonText } from '../../model/exchange.ts'
import { urlOf } from '../address-of.ts'
import { asText } from '../as-text.ts'
import { bodyAsText } from '../body/body-text.ts'
import type { Exchange } from '../exchange.ts'
import { parseJson } from '../parse-json.ts'
import type { QueryPair } from '../vendor-draft.ts'

/**
 * What a hook may read, by the names of spec 11 §6.3: the one list of what scripts of an element see. Request
 * variables are there in post hooks too.
 */
const table = {
  request_body: ({ call }) => (call.body === undefined ? null : asText(call.body)),
  request_body_map: ({ call }) => call.body ?? null,
  request_headers: ({ call }) => withoutCredentials(call.headers),
  request_path: ({ entry, call }) => entry.hubPrefix + call.path,
  request_path_variables: ({ pathVariables }) => pathVariables,
  request_parameters: callerParameters,
  request_vendor_parameters: ({ vendor }) => objectOf([...vendor.query, ...vendor.hookQuery]),
  request_method: ({ call }) => call.method,
  request_vendor_method: ({ vendor }) => vendor.method,
  request_vendor_path: ({ vendor }) => vendor.path,
  request_vendor_url: ({ vendor }) => vendor.url || urlOf(vendor),
  request_vendor_headers: ({ vendor }) => vendor.headers,
  request_vendor_body: ({ vendor }) => bodyAsText(vendor) ?? null,
  request_vendor_body_map: ({ vendor }) => asValue(bodyAsText(vendor)),
  request_expression: ({ where }) => expressionOf(where),
  request_previous_response: ({ previous }) => previous?.body ?? null,
  request_previous_response_headers: ({ previous }) => previous?.headers ?? null,
  object_name: objectName,
  meta_data: () => ({}),
  configuration: scriptConfiguration,
  response_body: ({ reply }) => decoded(reply.body),
  response_body_map: ({ reply }) => decoded(reply.body),
  response_body_raw: ({ reply }) => reply.text,
  response_body_raw_map: ({ reply }) => decoded(reply.vendorBody),
  response_headers: ({ reply }) => reply.headers,
  response_status_code: ({ reply }) => reply.status,
  response_iserror: ({ reply }) => reply.status >= 400,
  response_error: ({ reply }) => (reply.status >= 400 ? (reply.errorMessage ?? reply.text) : null),
} satisfies Record<string, (exchange: Exchange) => unknown>

type HookVariable = keyof typeof table

export const HOOK_VARIABLES: readonly string[] = Object.keys(table)

/** Names that only post hooks have: the vendor has not answered before. */
function isOfAnswer(name: string): boolean {
  return name.startsWith('response_')
}

/**
 * Arguments for one hook; in a pre hook those of the answer are undefined.
 * @param names some of `HOOK_VARIABLES`
 */
export function hookVariables(
  exchange: Exchange,
  names: readonly string[],
  phase: 'pre' | 'post',
): Record<string, unknown> {
  const variables: Record<string, unknown> = {}
  for (const name of names) {
    variables[name] = phase === 'pre' && isOfAnswer(name) ? undefined : table[name as HookVariable](exchange)
  }
  return variables
}

/** Secrets of the caller are for us, not for the author of an element. */
const CREDENTIAL_HEADERS = new Set(['authorization', 'cookie', 'proxy-authorization', 'elements-user-password'])

function withoutCredentials(headers: Exchange['call']['headers']): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !CREDENTIAL_HEADERS.has(name)))
}

/** The caller's query; a page token is opened: scripts see the cursor that they or the vendor made (spec 11 §5.3). */
function callerParameters({ call, pageToken, page }: Exchange): Record<string, unknown> {
  if (!pageToken) return call.query
  const { position } = pageToken
  const place =
    'cursor' in position ? { nextPage: position.cursor } : 'page' in position ? { page: String(position.page) } : {}
  const { nextPage: _opened, ...query } = call.query
  return { ...query, pageSize: String(page?.pageSize ?? pageToken.pageSize), ...place }
}

function objectName({ resource, entry, pathVariables }: Exchange): string {
  const segment = entry.resource.path.slice(entry.hubPrefix.length).split('/')[1] ?? ''
  const variable = /^\{(.+)\}$/.exec(segment)?.[1]
  return resource.resource.objectName || (variable === undefined ? segment : (pathVariables[variable] ?? segment))
}

/** Booleans for BOOLEAN rows, text for the rest, `null` for what is declared and unset (spec 11 §3.10, §6.3). */
export function scriptConfiguration({
  plan,
  instance,
}: Pick<Exchange, 'plan' | 'instance'>): Record<string, string | boolean | null> {
  const seen: Record<string, string | boolean | null> = {}
  for (const [key, value] of Object.entries(instance.configuration)) {
    const isBoolean = plan.booleanKeys.has(key) && (value === 'true' || value === 'false')
    seen[key] = isBoolean ? value === 'true' : value === '' ? null : value
  }
  return seen
}

/** A body that is passed through as a stream is not for scripts. */
function decoded(body: unknown): unknown {
  if (body instanceof Readable || body === undefined) return null
  return body instanceof JsonText ? JSON.parse(body.text) : body
}

function asValue(text: string | undefined): unknown {
  if (text === undefined) return null
  const value = parseJson(text)
  // XML, a form or plain text has no map
  return value === undefined ? text : value
}

/** Repeated names become a list. */
export function objectOf(pairs: readonly QueryPair[]): Record<string, string | string[]> {
  const object: Record<string, string | string[]> = {}
  for (const [name, value] of pairs) {
    const present = Object.hasOwn(object, name) ? object[name] : undefined
    if (Array.isArray(present)) {
      present.push(value)
      continue
    }
    const next = present === undefined ? value : [present, value]
    Object.defineProperty(object, name, { value: next, enumerable: true, writable: true, configurable: true })
  }
  return object
}
