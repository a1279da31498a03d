import type { AnswerFormat, AnswerShape } from './answer-shape.ts'
import { type Call, jsonReply, type Reply } from './call.ts'
import { completeAnswer, type WantedMember } from './complete-answer.ts'
import { guessUntyped } from './guess-value.ts'
import { placeAt, rootSteps } from './root-path.ts'
import { calledOperation } from './route-marks.ts'
import { seedFaker } from './sample-rows.ts'
import { soapEnvelope } from './soap.ts'
import { isRow } from './vendor-envelope.ts'
import type { VendorRoute } from './vendor-route.ts'
import { toXml } from './xml.ts'

/** Tokens of the vendor's authorization server, for answers that give some out. */
export interface TokenSource {
  accessToken(): string
  refreshToken(): string
}

const ACCESS_TOKEN = /access_?token|^token$|jwt|ticket|session_?(key|id|token)|^code$/i
const REFRESH_TOKEN = /refresh_?token/i

/** The format that a call gets: the element's, unless its Accept header asks for the other one. */
export function formatFor(shape: AnswerShape | undefined, call: Call): AnswerFormat {
  const format = shape?.format ?? 'json'
  const accept = call.headers.accept ?? ''
  const [wantsXml, wantsJson] = [/xml/i.test(accept), /json|\*\/\*/i.test(accept)]
  if (format === 'json' && wantsXml && !wantsJson) return 'xml'
  return format === 'xml' && /json/i.test(accept) && !wantsXml ? 'json' : format
}

/** What a route answers with. */
export interface Answer {
  status: number
  /** in the vendor's envelope */
  body: unknown
  /** without it: a row, or rows */
  value: unknown
  headers?: Record<string, string>
}

/** The whole answer: the envelope's body, what captures and scripts look for, the format. */
export function renderAnswer(answer: Answer, route: VendorRoute, call: Call, tokens: TokenSource): Reply {
  const { shape } = route
  const { status } = answer
  const format = formatFor(shape, call)
  const make = makerFor(route, answer.value, tokens)
  const document = documentOf(format, answer, route, call)
  const completed = shape ? complete(document, shape, make) : document
  const headers = { ...answer.headers, ...(shape ? readHeaders(shape.headers, make) : {}) }
  if (format === 'json' || format === 'file') return jsonReply(status, completed, headers)
  return xmlReply(status, completed, format, call, headers)
}

function documentOf(format: AnswerFormat, { body, value }: Answer, route: VendorRoute, call: Call): unknown {
  const { shape } = route
  if (format === 'soap' && shape) return envelope(shape, value, route, call)
  return format === 'xml' ? xmlDocument(body, route) : body
}

/** Rows may not be changed by what is added to one answer. */
function complete(body: unknown, { wanted, captures }: AnswerShape, make: (name: string) => unknown): unknown {
  if (wanted.length === 0 && captures.length === 0) return body
  const captured = captures.map((path): WantedMember => ({ steps: rootSteps(path) }))
  return completeAnswer(structuredClone(body), [...captured, ...wanted], make)
}

/** What is made up depends on the row: two webhooks do not get one key. */
function makerFor({ resource, method }: VendorRoute, value: unknown, tokens: TokenSource): (name: string) => unknown {
  let faker: ReturnType<typeof seedFaker> | undefined
  return (name) => {
    if (REFRESH_TOKEN.test(name)) return tokens.refreshToken()
    if (ACCESS_TOKEN.test(name)) return tokens.accessToken()
    faker ??= seedFaker(`${resource.name}:${method}:${isRow(value) ? String(value[resource.idField]) : ''}`)
    return guessUntyped(name, faker)
  }
}

const OWN_HEADERS = /^(content-|transfer-|connection$|date$|keep-alive$|set-cookie$)/

function readHeaders(names: readonly string[], make: (name: string) => unknown): Record<string, string> {
  const wanted = names.filter((name) => !OWN_HEADERS.test(name) && !/err|fault|fail/.test(name))
  const made = wanted.map((name) => [name, name === 'link' ? '' : String(make(name))] as const)
  const headers = Object.fromEntries(made.filter(([, value]) => /^[\x20-\x7e]{1,2000}$/.test(value)))
  return names.includes('set-cookie')
    ? { ...headers, 'set-cookie': `session=${String(make('cookie'))}; Path=/` }
    : headers
}

/** `{OpResponse: {OpResult: rows}}` in an envelope, unless the root says more. */
function envelope(shape: AnswerShape, value: unknown, { resource }: VendorRoute, call: Call): unknown {
  const operation = calledOperation(call) ?? shape.operation ?? 'Call'
  const isVersion12 = /application\/soap\+xml/i.test(call.headers['content-type'] ?? '')
  const rows = Array.isArray(value) ? { [elementName(resource)]: value } : value
  const inside = shape.root.slice(2)
  const body =
    inside.length > 0 ? placeAt(inside, value) : { [`${operation}Response`]: { [`${operation}Result`]: rows } }
  return soapEnvelope(shape.root, body, isVersion12)
}

/** A document has one root: the one that scripts look for, or the resource's word. */
function xmlDocument(body: unknown, { resource, shape }: VendorRoute): unknown {
  if (isRow(body) && Object.keys(body).length === 1 && !Array.isArray(Object.values(body)[0])) return body
  const looked = new Set((shape?.wanted ?? []).filter(({ inside }) => !inside).map(({ steps }) => steps[0]))
  const [first] = looked.size === 1 ? looked : []
  if (typeof first === 'string' && isRow(body) && isRow(body[first])) return { [first]: body[first] }
  const word = resource.name.split('.').at(-1) ?? 'response'
  const name = typeof first === 'string' ? first : Array.isArray(body) ? word : resource.type || 'response'
  return { [name]: Array.isArray(body) ? { [elementName(resource)]: body } : body }
}

/** Lists get elements of their own name: `<things><thing/>…</things>`. */
function elementName({ name, type }: VendorRoute['resource']): string {
  return type === name.split('.').at(-1) || type === '' ? 'item' : type
}

export function xmlReply(
  status: number,
  body: unknown,
  format: AnswerFormat,
  call: Call,
  headers: Record<string, string> = {},
): Reply {
  const isVersion12 = format === 'soap' && /application\/soap\+xml/i.test(call.headers['content-type'] ?? '')
  const type = isVersion12 ? 'application/soap+xml' : format === 'soap' ? 'text/xml' : 'application/xml'
  return { status, headers: { 'content-type': `${type}; charset=utf-8`, ...headers }, body: toXml(body, 'response') }
}
