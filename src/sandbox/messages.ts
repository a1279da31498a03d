import type { ScopePath, ScriptHttpRequest } from './sandbox.ts'

/** Hub to runner. The text of the frame is what the comment says. */
export type ToRunner =
  | RunMessage
  /** its script is to end at once; nobody waits for its outcome any more */
  | { type: 'stop' }
  /** text: the body of the answer */
  | { type: 'reply'; id: number; status: number; headers: Record<string, string | string[]> }
  | { type: 'refusal'; id: number; message: string }

/** Text: the variables as one JSON object. */
export interface RunMessage {
  type: 'run'
  body: string
  /** every variable, also those that are `undefined` and so not in the JSON object */
  names: readonly string[]
  isLegacy: boolean
  timeoutMs: number
  /** how many records it runs for; the variables then are `{records: [[originalObject, transformedObject], …], shared}` */
  records?: number
  /**
   * It is a step of a formula; `StepFacts` as JSON, for the scope to read. The variables then are `{config, steps, trigger, info}`.
   */
  step?: string
  /** scripts with the same word may run in one context, one after the other */
  sharing?: string
  /** processor time, where it is another than `LIMITS.cpuMs` */
  cpuMs?: number
}

/** What the scope has to know of a step besides its variables. */
export interface StepFacts {
  /** it runs outside of strict mode and has the helpers of legacy scripts */
  isLegacy: boolean
  /** what it returns is its value */
  takesReturned: boolean
  /** each member of the variables: root, name, and the place of its JSON in the text */
  members: readonly (readonly [root: string, name: string, from: number, to: number])[]
  aliases: readonly { of: ScopePath; at: ScopePath }[]
  headers: readonly ScopePath[]
}

/** Runner to hub. A runner is no more to be trusted than the script in it: everything is checked by `readFromRunner`. */
export type FromRunner =
  /** it can take a script: at the start, and after each one whose outcome did not say so */
  | { type: 'ready' }
  /** its script has computed for long */
  | { type: 'busy' }
  /** text: the body of the request */
  | { type: 'http'; id: number; request: Omit<ScriptHttpRequest, 'body'>; hasBody: boolean }
  | OutcomeMessage

/**
 * Text: the value as JSON, '' without one; of records a list of `{at: [number of the record, …], values: […]}`, whatever the
 * kind, and `message` is the first exception; of a step `{value?, changes?}`.
 */
export interface OutcomeMessage {
  type: 'outcome'
  kind: OutcomeKind
  asGiven: readonly string[]
  message: string
  console: readonly string[]
  /** the runner can take the next script; else it says so later */
  isReady: boolean
  /** of a step: to, subject and body of each mail */
  mails?: readonly Mail[]
}

export type Mail = readonly [to: string, subject: string, body: string]

/** `ended`: over without `done`; `failed`: the script threw or cannot be read. */
export type OutcomeKind = 'done' | 'ended' | 'failed' | 'timeout' | 'memory'

const KINDS: ReadonlySet<unknown> = new Set(['done', 'ended', 'failed', 'timeout', 'memory'] satisfies OutcomeKind[])

/** The message of a frame's head, or undefined when it is none. */
export function readFromRunner(head: unknown): FromRunner | undefined {
  if (!isObject(head)) return undefined
  const { type } = head
  if (type === 'ready' || type === 'busy') return { type }
  if (type === 'http') return readHttp(head)
  return type === 'outcome' ? readOutcome(head) : undefined
}

function readHttp({ id, request, hasBody }: Record<string, unknown>): FromRunner | undefined {
  if (!Number.isSafeInteger(id) || !isObject(request)) return undefined
  const { method, url, headers } = request
  if (typeof method !== 'string' || typeof url !== 'string' || !isObject(headers)) return undefined
  if (!Object.values(headers).every((value) => typeof value === 'string')) return undefined
  return {
    type: 'http',
    id: id as number,
    request: { method, url, headers: { ...headers } as Record<string, string> },
    hasBody: hasBody === true,
  }
}

function readOutcome({
  kind,
  asGiven,
  message,
  console,
  mails,
  isReady,
}: Record<string, unknown>): OutcomeMessage | undefined {
  if (!KINDS.has(kind) || typeof message !== 'string' || !areTexts(asGiven) || !areTexts(console)) return undefined
  const told = { asGiven, message, console, isReady: isReady === true }
  const outcome = { type: 'outcome', kind: kind as OutcomeKind, ...told } as const
  if (mails === undefined) return outcome
  return Array.isArray(mails) && mails.every(isMail) ? { ...outcome, mails } : undefined
}

/** Three texts. */
export function isMail(value: unknown): value is Mail {
  return areTexts(value) && value.length === 3
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function areTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
