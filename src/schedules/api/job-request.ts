import { ValenceError } from '../../errors.ts'
import { isObject } from '../../model/is-object.ts'
import { isRowId } from '../../model/row-id.ts'
import { storableText } from '../../model/storable-text.ts'

/** A call of our own API that is stored to be made again and again (spec 33 §1.2). */
export interface StoredCall {
  method: string
  /** below `/elements/api-v2` or with it; a query may be part of it */
  uri: string
  query: Record<string, string | string[]>
  headers: Record<string, string>
  /** any JSON value; null: none */
  body: unknown
}

export interface JobRequest {
  name: string
  description: string
  call: StoredCall
  instanceId: number | undefined
  cron: string
  timeZone: string
}

type Body = Readonly<Record<string, unknown>>

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
const MAX_TEXT = 4_000
const MAX_CALL = 256 * 1024
/** Credentials are the owner's at the time of the call; what is sent along when a job is made is not kept. */
const NOT_KEPT = ['authorization', 'cookie']

/** @throws ValenceError PARAMETER_MISSING naming all that is, BODY_INVALID */
export function readJobRequest(body: Body): JobRequest {
  const trigger = body['trigger'] === undefined || body['trigger'] === null ? {} : members(body['trigger'], 'trigger')
  const missing = [
    ...['name', 'method', 'uri'].filter((name) => !body[name]),
    ...(trigger['cron'] ? [] : ['trigger.cron']),
  ]
  if (missing.length > 0)
    throw new ValenceError('PARAMETER_MISSING', `Missing in the request body: ${missing.join(', ')}`)
  const call: StoredCall = {
    method: readMethod(text(body['method'], 'method')),
    uri: text(body['uri'], 'uri').trim(),
    query: readQuery(body['query']),
    headers: readHeaders(body['headers']),
    body: body['body'] ?? null,
  }
  const length = JSON.stringify(call).length
  if (length > MAX_CALL)
    throw invalid(`the call has ${length} characters with its body and headers, at most ${MAX_CALL} are kept`)
  return {
    name: text(body['name'], 'name'),
    description: body['description'] == null ? '' : text(body['description'], 'description'),
    call,
    instanceId: readInstanceId(body['instanceId']),
    ...readTrigger(trigger, 'UTC'),
  }
}

/** Body of a rescheduling: `{ trigger: { cron } }`; the zone stays as it is where none is said. @throws ValenceError PARAMETER_MISSING, BODY_INVALID */
export function readReschedule(body: Body, timeZone = 'UTC'): Pick<JobRequest, 'cron' | 'timeZone'> {
  const trigger = body['trigger'] === undefined || body['trigger'] === null ? {} : members(body['trigger'], 'trigger')
  if (!trigger['cron']) throw new ValenceError('PARAMETER_MISSING', 'Missing in the request body: trigger.cron')
  return readTrigger(trigger, timeZone)
}

/** `timeZone` is ours: the field that Quartz has beside its crons. */
function readTrigger(trigger: Body, presentZone: string): Pick<JobRequest, 'cron' | 'timeZone'> {
  const { timeZone } = trigger
  return {
    cron: text(trigger['cron'], 'trigger.cron'),
    timeZone: timeZone === undefined || timeZone === null ? presentZone : text(timeZone, 'trigger.timeZone'),
  }
}

function readMethod(given: string): string {
  const method = given.trim().toUpperCase()
  if (METHODS.includes(method)) return method
  throw invalid(`method: expected one of ${METHODS.join(', ')}, got "${given.slice(0, 20)}"`)
}

/** As text or as a number; null and empty are none. */
function readInstanceId(value: unknown): number | undefined {
  if (value === undefined || value === null || value === '') return undefined
  const id = typeof value === 'string' && /^\d{1,10}$/.test(value.trim()) ? Number(value) : value
  if (typeof id === 'number' && isRowId(id)) return id
  throw invalid('instanceId: expected the id of an element instance, a whole number')
}

function readQuery(value: unknown): StoredCall['query'] {
  const query: StoredCall['query'] = {}
  for (const [name, one] of Object.entries(value == null ? {} : members(value, 'query'))) {
    if (one === null || one === undefined) continue
    query[storableText(name)] = Array.isArray(one)
      ? one.map((item) => scalar(item, `query.${name}`))
      : scalar(one, `query.${name}`)
  }
  return query
}

function readHeaders(value: unknown): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, one] of Object.entries(value == null ? {} : members(value, 'headers'))) {
    if (NOT_KEPT.includes(name.toLowerCase()) || one === null || one === undefined) continue
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name)) throw invalid(`headers: "${name.slice(0, 60)}" is no name of a header`)
    const line = scalar(one, `headers.${name}`)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is refused
    if (/[\u0000-\u0008\u000a-\u001f\u007f]|[^\u0000-\u00ff]/.test(line))
      throw invalid(`headers.${name}: holds a character that no header can`)
    headers[name] = line
  }
  return headers
}

function scalar(value: unknown, name: string): string {
  if (['string', 'number', 'boolean'].includes(typeof value)) return storableText(String(value))
  throw invalid(`${name}: expected a text, a number or true or false`)
}

function members(value: unknown, name: string): Body {
  if (isObject(value)) return value
  throw invalid(`${name}: expected an object`)
}

function text(value: unknown, name: string): string {
  if (typeof value !== 'string') throw invalid(`${name}: expected a text`)
  if (value.length > MAX_TEXT) throw invalid(`${name}: has ${value.length} characters, at most ${MAX_TEXT} are taken`)
  return storableText(value)
}

function invalid(message: string): ValenceError {
  return new ValenceError('BODY_INVALID', message)
}
