import { invalid, readSwitch, readText, requireMembers } from '../../accounts/read-members.ts'
import { ValenceError } from '../../errors.ts'
import { isObject } from '../../model/is-object.ts'
import { isRowId } from '../../model/row-id.ts'
import { readAddresses } from '../../notifications/mail-addresses.ts'

type Members = Readonly<Record<string, unknown>>

/** One element of the body of `POST /bulk/workflows` (spec 22 §10), read by itself: whether what it names exists is not known yet. */
export interface AskedStep {
  /** empty for a file */
  query: string
  objectName: string | undefined
  /** of the source */
  elementKey: string | undefined
  /** window of dates, as a query has it */
  window: Partial<Record<'from' | 'to' | 'lastRunDate', string>>
  /** what `POST /bulk/workflows/fileUpload/{objectName}` answered; there is no query then */
  fileJobId: number | undefined
  /** object of another step, which goes first */
  parentObjectName: string | undefined
  target: AskedTarget
  notification: { instance: AskedInstance; to: string[] } | undefined
  /** nothing here depends on these; the callback shows them */
  kept: Record<string, unknown>
}

/** By its Element token; by its id where a schedule keeps the request (`keep-workflow.ts`). */
export type AskedInstance = { token: string } | { id: number }

export interface AskedTarget {
  instance: AskedInstance
  elementKey: string | undefined
  objectName: string
  /** sent along with each call */
  parameters: Record<string, string | string[]>
  /** as that of an upload */
  metaData: Record<string, unknown>
  kept: Record<string, unknown>
}

const MOST_STEPS = 100
const MAX_QUERY = 100_000
const MAX_TOKEN = 1_000
const MAX_PATH = 1_000
const MAX_KEPT = 10_000
const DAY_MS = 86_400_000
/** Where bulk calls are; the path of a target names its object as well. */
const BULK_PATH = /^(?:\/elements\/api-v2)?(?:\/hubs\/[^/?#]+)?\/bulk(?:\/([^/?#%]+))?\/?$/

/** @throws ValenceError BODY_INVALID, PARAMETER_MISSING, naming the step and the member: `[0].targetConfiguration: …` */
export function readWorkflow(body: unknown): AskedStep[] {
  if (!Array.isArray(body) || body.length === 0 || body.length > MOST_STEPS) {
    const got = Array.isArray(body) ? `a list of ${body.length}` : 'no list'
    throw new ValenceError('BODY_INVALID', `The request body: expected a list of 1 to ${MOST_STEPS} jobs, got ${got}`)
  }
  return body.map((step: unknown, index) => within(`[${index}]`, step, readStep))
}

/** What is wrong inside is said with the place where it stands. */
export function within<In, Out>(where: string, value: In, read: (value: In) => Out): Out {
  try {
    return read(value)
  } catch (error) {
    throw error instanceof ValenceError ? placed(where, error) : error
  }
}

export function placed(where: string, { code, message, status, cause }: ValenceError): ValenceError {
  const separator = message.startsWith('.') ? '' : ': '
  return new ValenceError(code, `${where}${separator}${message}`, { status, cause })
}

function readStep(value: unknown): AskedStep {
  const step = asObject(value)
  const isFile = readSwitch(step, 'fileUpload') ?? false
  assertPost(step)
  readPath(step)
  requireMembers(step, [isFile ? 'jobId' : 'query', 'targetConfiguration'], 'the job')
  return {
    query: readText(step, 'query', MAX_QUERY) ?? '',
    objectName: readText(step, 'objectName') ?? undefined,
    elementKey: readText(step, 'elementKey') ?? undefined,
    window: readWindow(step),
    fileJobId: isFile ? readId(step['jobId'], 'jobId', 'what POST /bulk/workflows/fileUpload answered') : undefined,
    parentObjectName: readText(step, 'parentObjectName') ?? undefined,
    target: within('.targetConfiguration', step['targetConfiguration'], readTarget),
    notification: within('.notificationConfiguration', step['notificationConfiguration'], readNotification),
    kept: { ...keptOf(step, ['composite', 'multipleUpload']), ...readInterval(step['statusCheckInterval']) },
  }
}

function readTarget(value: unknown): AskedTarget {
  const target = asObject(value)
  assertPost(target)
  const instance = readInstance(target)
  const objectName = readText(target, 'objectName') ?? readPath(target)
  if (!objectName) throw new ValenceError('PARAMETER_MISSING', 'Missing in it: objectName')
  return {
    instance,
    elementKey: readText(target, 'elementKey') ?? undefined,
    objectName,
    parameters: within('.parameters', target['parameters'], readParameters),
    metaData: within('.metaData', target['metaData'], readMembers),
    kept: keptOf(target, ['addToCampaign']),
  }
}

/** An empty one is none: consoles send it so. */
function readNotification(value: unknown): AskedStep['notification'] {
  const asked = value === undefined || value === null ? {} : asObject(value)
  if (Object.keys(asked).length === 0) return undefined
  requireMembers(asked, ['to'], 'it')
  return { instance: readInstance(asked), to: readAddresses(asked['to'], 'to') }
}

function readInstance(members: Members): AskedInstance {
  const { instanceId } = members
  if (instanceId !== undefined && instanceId !== null) return { id: readId(instanceId, 'instanceId', 'an id') }
  requireMembers(members, ['token'], 'it')
  return { token: readText(members, 'token', MAX_TOKEN) ?? '' }
}

/** Nothing else than a bulk call can be asked for. */
function assertPost(members: Members): void {
  const method = readText(members, 'method')
  if (method && method.toUpperCase() !== 'POST') throw invalid('method', 'POST', method)
}

/** @returns what it names below `/bulk` */
function readPath(members: Members): string | undefined {
  const path = readText(members, 'path', MAX_PATH)
  if (!path) return undefined
  const found = BULK_PATH.exec(path)
  if (!found) throw invalid('path', 'one of bulk calls such as /hubs/crm/bulk', path.slice(0, 200))
  return found[1]
}

function readWindow(step: Members): AskedStep['window'] {
  const names = ['from', 'to', 'lastRunDate'] as const
  return Object.fromEntries(names.flatMap((name) => (readText(step, name) ? [[name, readText(step, name)]] : [])))
}

/** Text, or a list of texts, for each name. */
function readParameters(value: unknown): AskedTarget['parameters'] {
  const isScalar = (one: unknown) => ['string', 'number', 'boolean'].includes(typeof one)
  const parameters: AskedTarget['parameters'] = {}
  for (const [name, one] of Object.entries(readMembers(value))) {
    if (one === null) continue
    if (![one].flat().every(isScalar)) throw invalid(name, 'text', one)
    parameters[name] = Array.isArray(one) ? one.map(String) : String(one)
  }
  return parameters
}

/** Of an object, or the JSON text of one; nothing has none. */
function readMembers(value: unknown): Record<string, unknown> {
  if (value === undefined || value === null || value === '') return {}
  return { ...asObject(typeof value === 'string' ? parsed(value) : value) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function asObject(value: unknown): Members {
  if (isObject(value)) return value
  const got = Array.isArray(value) ? 'a list' : `a ${value === null ? 'null' : typeof value}`
  throw new ValenceError('BODY_INVALID', `expected an object, got ${got}`)
}

function keptOf(members: Members, names: readonly string[]): Record<string, unknown> {
  const kept = Object.fromEntries(names.flatMap((name) => (name in members ? [[name, members[name]]] : [])))
  const { length } = JSON.stringify(kept)
  if (length <= MAX_KEPT) return kept
  throw new ValenceError('BODY_INVALID', `${names.join(', ')}: ${length} characters, at most ${MAX_KEPT} are kept`)
}

/** How often another hub would look at the jobs. This one is told when they end. */
function readInterval(value: unknown): { statusCheckInterval?: number } {
  if (value === undefined || value === null) return {}
  const ms = numberOf(value)
  if (ms > 0 && ms <= DAY_MS) return { statusCheckInterval: ms }
  throw invalid('statusCheckInterval', 'milliseconds, a day at most', value)
}

function readId(value: unknown, name: string, expected: string): number {
  const id = numberOf(value)
  if (isRowId(id)) return id
  throw invalid(name, expected, value)
}

function numberOf(value: unknown): number {
  return typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : typeof value === 'number' ? value : NaN
}
