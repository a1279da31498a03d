import { Readable } from 'node:stream'
import { parseJson } from '../../engine/parse-json.ts'
import { pathBelowHub } from '../../engine/resource-types.ts'
import { ValenceError } from '../../errors.ts'
import type { Instance } from '../../instances/instance.ts'
import { JsonText, type ResourceCall } from '../../model/exchange.ts'
import { isObject } from '../../model/is-object.ts'
import type { NativeJob } from '../bulk-table.ts'
import type { BulkContext } from '../context.ts'
import type { HeldDownload } from '../held-job.ts'
import type { BulkObject } from '../object-path.ts'
import type { Turn } from '../turn.ts'

/**
 * Bulk jobs of the vendor's own (spec 22 §3.2), in one shape that hooks bring any vendor into. An element has them for an object that says
 * `nativeBulkDownload: true` when it has these three resources:
 *
 * - `POST /{object}/bulk` takes `{ fields, where, from, to, limit }` and answers `{ id }`,
 * - `GET /{object}/bulk/{jobId}` answers `{ status: 'RUNNING' | 'COMPLETED' | 'FAILED', recordsCount?, message? }`,
 * - `GET /{object}/bulk/{jobId}/records` is a list as any other one.
 *
 * A common resource is read page by page: its names would have to be told to the vendor, and its records be made of what comes back.
 */
export interface NativePaths {
  jobs: string
  job(id: string): string
  records(id: string): string
}

/** @returns undefined when the vendor is asked page by page */
export function nativePaths({ plan }: Instance, { path, declared, mapping }: BulkObject): NativePaths | undefined {
  if (mapping || !declared?.declared.some((part) => part['nativeBulkDownload'] === true)) return undefined
  const jobs = `${path}/bulk`
  const job = (id: string) => `${jobs}/${encodeURIComponent(id)}`
  const records = (id: string) => `${job(id)}/records`
  const has = (method: string, at: string, form: RegExp) => {
    const found = plan.resources.find(method, at)
    return found !== undefined && form.test(pathBelowHub(found.value.resource.path))
  }
  const hasAll =
    has('POST', jobs, /\/bulk$/) &&
    has('GET', job('0'), /\/bulk\/\{[^/}]+\}$/) &&
    has('GET', records('0'), /\/bulk\/\{[^/}]+\}\/records$/)
  return hasAll ? { jobs, job, records } : undefined
}

/** Where the vendor's job has come to. */
export interface NativeStep {
  native: NativeJob
  /** records in all, once it is known */
  total: number | undefined
  /** not asked again before */
  at?: Date
}

const FIRST_POLL_MS = 2_000
const LONGEST_POLL_MS = 30_000
const GROWTH = 1.5
/** A vendor that has not finished by then has forgotten it. */
const LONGEST_MS = 24 * 60 * 60_000

/**
 * Starts the vendor's job, or asks whether it has finished. One that was started and not noted, because a process died, is left alone: it reads
 * and changes nothing.
 *
 * @throws ValenceError VENDOR_FAILED when it failed or takes longer than a day; VENDOR_REPLY_INVALID; as calls do
 */
export async function stepNative(
  context: Pick<BulkContext, 'call' | 'now'>,
  { position, request, started_at }: HeldDownload,
  { caller, instance }: Turn,
  paths: NativePaths,
): Promise<NativeStep> {
  const now = context.now().getTime()
  const ask = async (method: string, path: string, more: Partial<ResourceCall> = {}) => {
    const { body } = await context.call(caller, instance, {
      ...{ method, path, query: {}, headers: {}, body: undefined },
      ...more,
    })
    return memberReader(await decoded(body), `${method} ${path}`)
  }
  const { native } = position
  if (!native) {
    const { fields, where, limit, window = {}, query } = request
    const body = { fields, where, ...window, limit }
    const started = await ask('POST', paths.jobs, { body, query: { ...query } as ResourceCall['query'] })
    return { native: { id: started.text('id') }, total: undefined, at: new Date(now + FIRST_POLL_MS) }
  }
  const { id, polls = 0 } = native
  const said = await ask('GET', paths.job(id))
  const status = said.text('status')
  const total = said.count('recordsCount')
  if (status === 'COMPLETED') return { native: { id, isReady: true }, total }
  if (status === 'FAILED') throw failed(id, said.optional('message') ?? 'it does not say why')
  if (now - (started_at?.getTime() ?? now) > LONGEST_MS) throw failed(id, `its status is ${status} after a day`)
  const wait = Math.min(FIRST_POLL_MS * GROWTH ** (polls + 1), LONGEST_POLL_MS)
  return { native: { id, polls: polls + 1 }, total, at: new Date(now + wait) }
}

function failed(id: string, why: string): ValenceError {
  return new ValenceError('VENDOR_FAILED', `The vendor's bulk job ${id.slice(0, 100)} failed: ${why.slice(0, 1_000)}`, {
    status: 400,
  })
}

function memberReader(value: unknown, label: string) {
  const members = isObject(value) ? value : {}
  const optional = (name: string): string | undefined => {
    const member = members[name]
    return typeof member === 'string' || typeof member === 'number' ? String(member) : undefined
  }
  return {
    optional,
    text(name: string): string {
      const text = optional(name)
      if (text) return text
      throw new ValenceError('VENDOR_REPLY_INVALID', `${label}: the answer has no "${name}"`)
    },
    count(name: string): number | undefined {
      const count = Number(optional(name))
      return Number.isSafeInteger(count) && count >= 0 ? count : undefined
    },
  }
}

const MOST_CHARS = 100_000

/** The value of an answer that nobody has looked into yet. */
async function decoded(body: unknown): Promise<unknown> {
  if (body instanceof JsonText) return parseJson(body.text)
  if (!(body instanceof Readable)) return body
  let text = ''
  for await (const chunk of body.setEncoding('utf8')) {
    text += chunk
    if (text.length > MOST_CHARS) break
  }
  return parseJson(text)
}
