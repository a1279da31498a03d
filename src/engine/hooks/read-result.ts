import { ValenceError } from '../../errors.ts'
import { isObject } from '../../model/is-object.ts'
import { ownValue } from '../../model/own-value.ts'
import type { ScriptResult } from '../../sandbox/sandbox.ts'
import { asText } from '../as-text.ts'
import { changeConfiguration, type Exchange } from '../exchange.ts'
import { parseJson } from '../parse-json.ts'
import { typeOf } from '../resource-types.ts'
import { dropStream } from '../vendor-answer.ts'
import { fromHooks, type QueryPair } from '../vendor-draft.ts'
import { objectOf } from './variables.ts'

/** What `done({…})` of a pre hook changes, member by member (spec 11 §6.4); other members mean nothing. */
export function applyPreResult(exchange: Exchange, { value, returnedAsGiven }: ScriptResult): void {
  if (!value) return
  const { vendor, reply } = exchange
  if (value['continue'] === false) exchange.skipsVendor = true
  if (isObject(value['request_vendor_parameters'])) {
    const isWhole = returnedAsGiven.includes('request_vendor_parameters')
    vendor.query = mergeQuery(exchange, value['request_vendor_parameters'], isWhole)
  }
  if (isObject(value['request_vendor_headers']))
    mergeHeaders(exchange, value['request_vendor_headers'], returnedAsGiven)
  if ('request_vendor_body' in value) replaceBody(exchange, value['request_vendor_body'])
  if (isText(value['request_vendor_path'])) vendor.path = value['request_vendor_path']
  if (isText(value['request_vendor_url'])) {
    vendor.baseUrl = ''
    vendor.path = value['request_vendor_url']
  }
  if (isText(value['request_vendor_method'])) vendor.method = value['request_vendor_method'].toUpperCase()
  if ('response_body' in value || 'response_body_raw' in value || 'response_status_code' in value) {
    // the answer of a call that is skipped
    if (reply.status === 0) reply.status = 200
  }
  applyAnswer(exchange, value)
}

/** The same for a post hook. */
export function applyPostResult(exchange: Exchange, { value }: ScriptResult): void {
  if (value) applyAnswer(exchange, value)
}

function applyAnswer(exchange: Exchange, value: Record<string, unknown>): void {
  const { reply } = exchange
  const isValidation = typeOf(exchange.resource.resource) === 'provisionAuthValidation'
  const status = statusOf(value['response_status_code'])
  if (status !== undefined) reply.status = status
  const failure = value['response_error_message'] ?? value['response_error']
  if (failure !== undefined && failure !== null && failure !== '') {
    reply.errorMessage = typeof failure === 'string' ? failure : JSON.stringify(failure)
    // a message alone makes it a failure: of the caller's asking, of the credentials, or of a call the script made (spec 11 §6.4)
    if (status === undefined && reply.status < 400)
      reply.status = 'response_error' in value ? 502 : isValidation ? 401 : 400
  }
  const body = value['response_body'] ?? value['response_body_raw']
  if ('response_body' in value || 'response_body_raw' in value) {
    dropStream(reply)
    reply.body = typeof body === 'string' ? parsedIfJson(body) : body
    reply.mayHoldNulls = true
    if (reply.status >= 400) reply.text = typeof body === 'string' ? body : JSON.stringify(body ?? '')
  }
  if (isObject(value['response_headers'])) {
    for (const [name, header] of Object.entries(value['response_headers'])) {
      // how a body ends is not a script's to say: what follows would be read as another answer
      if (/^(?:content-length|transfer-encoding)$/i.test(name)) continue
      if (header === null || header === undefined) delete reply.headers[name.toLowerCase()]
      else reply.headers[name.toLowerCase()] = Array.isArray(header) ? header.map(asText) : asText(header)
    }
  }
  if (isObject(value['configuration'])) changeConfiguration(exchange, configurationOf(value['configuration']))
}

/** Values are stored as text; `null` removes one (spec 11 §6.4). */
function configurationOf(given: Record<string, unknown>): Record<string, string | null> {
  return Object.fromEntries(
    Object.entries(given)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, value === null ? null : asText(value)]),
  )
}

function statusOf(value: unknown): number | undefined {
  const status = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof status === 'number' && Number.isInteger(status) && status >= 100 && status <= 599 ? status : undefined
}

/**
 * Merged by key; `null` removes; a name the hook gives takes the place of all values it had (spec 11 §6.4). Of the very
 * object it was given, what the script deleted is gone.
 */
function mergeQuery({ vendor }: Exchange, given: Record<string, unknown>, isWhole: boolean): QueryPair[] {
  const before = objectOf(vendor.query)
  const kept = isWhole ? [] : vendor.query.filter(([name]) => ownValue(given, name) === undefined)
  const added = Object.entries(given).flatMap(([name, value]) => {
    const values = [value].flat().filter((item) => item !== null && item !== undefined && item !== '')
    const texts = values.map(asText)
    if ([ownValue(before, name) ?? []].flat().join() !== texts.join()) fromHooks(vendor).query.add(name)
    return texts.map((text): QueryPair => [name, text])
  })
  return [...kept, ...added]
}

/** Case-insensitive; `null` removes, also a default. Of the very object it was given, what the script deleted is gone. */
function mergeHeaders({ vendor }: Exchange, given: Record<string, unknown>, returnedAsGiven: readonly string[]): void {
  const seen = new Set<string>()
  for (const [name, value] of Object.entries(given)) {
    const header = name.trim().toLowerCase()
    seen.add(header)
    if (value === null || value === undefined) {
      delete vendor.headers[header]
      fromHooks(vendor).removedHeaders.add(header)
    } else {
      const text = headerText(header, value)
      if (vendor.headers[header] !== text) fromHooks(vendor).headers.add(header)
      vendor.headers[header] = text
      fromHooks(vendor).removedHeaders.delete(header)
    }
  }
  if (!returnedAsGiven.includes('request_vendor_headers')) return
  for (const header of Object.keys(vendor.headers)) {
    if (seen.has(header)) continue
    delete vendor.headers[header]
    fromHooks(vendor).removedHeaders.add(header)
  }
}

function headerText(name: string, value: unknown): string {
  const text = Array.isArray(value) ? value.map(asText).join(', ') : asText(value)
  if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) || /[\r\n\0]/.test(text)) {
    throw new ValenceError('SCRIPT_FAILED', `request_vendor_headers: "${name}" is no header that can be sent`)
  }
  return text
}

/** Text is sent as it is; an object in the form that Content-Type says; the empty text is no body. */
function replaceBody({ vendor }: Exchange, body: unknown): void {
  vendor.form = undefined
  vendor.parts = undefined
  vendor.upload = undefined
  fromHooks(vendor).body = true
  vendor.body = body === '' || body === null ? undefined : body
}

function parsedIfJson(text: string): unknown {
  return /^\s*[[{]/.test(text) ? (parseJson(text) ?? text) : text
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
