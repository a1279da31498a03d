import type { Readable } from 'node:stream'
import type { ResourceCall, UploadedPart } from '../model/exchange.ts'
import type { InstanceState } from '../model/instance.ts'
import type { OutgoingPart } from './body/multipart.ts'

/** The vendor request while it is being assembled (spec 11 §3.10). */
export interface VendorDraft {
  method: string
  pathValues: Record<string, string>
  /** address that `path` is appended to */
  baseUrl: string
  /** filled vendor path with its own query; an absolute one replaces `baseUrl` */
  path: string
  query: QueryPair[]
  /** pairs of `query` that are templates: their `{tokens}` are filled */
  queryTemplates: QueryPair[]
  /** fields of `form` that came from templates */
  formTemplates: [name: string, value: string][]
  /** converted filters that only hooks see */
  hookQuery: QueryPair[]
  /** lower-case names */
  headers: Record<string, string>
  /** what hooks did, once one did anything; everything else is the engine's, and may hold credentials */
  fromHooks: FromHooks | undefined
  /** a JSON value, or text that is sent as it is */
  body: unknown
  /** an uploaded file that is the whole body, unless a hook makes another of it */
  upload: BodyUpload | undefined
  /** a body that is streamed; opened once per attempt */
  openBody: (() => Readable) | undefined
  bodyFields: Record<string, unknown> | undefined
  form: [name: string, value: string][] | undefined
  parts: OutgoingPart[] | undefined
  /** values for `{token}`s in templates */
  tokens: Record<string, unknown>
  /** the address is none of the instance's or element's own: credentials stay here (design.md §5) */
  isForeign: boolean
  /** complete address, set once path and query are final */
  url: string
  /** the same before it was signed */
  unsigned: VendorDraft | undefined
}

export interface FromHooks {
  /** names of headers that a hook wrote itself */
  headers: Set<string>
  /** names of headers that a hook took out, defaults included: they are not put back */
  removedHeaders: Set<string>
  /** names of query parameters that a hook wrote itself */
  query: Set<string>
  body: boolean
}

/** Made with the first thing a hook does: most calls have no hook. */
export function fromHooks(vendor: VendorDraft): FromHooks {
  vendor.fromHooks ??= { headers: new Set(), removedHeaders: new Set(), query: new Set(), body: false }
  return vendor.fromHooks
}

export interface BodyUpload {
  file: UploadedPart
  /** the vendor wants it as base64 text */
  isBase64: boolean
  /** its content, read where it becomes text or hooks look at it */
  base64: string | undefined
}

export type QueryPair = [name: string, value: string]

/** What a parameter may read and where it may write: the part of an exchange that `placement/` works on. */
export interface Placing {
  instance: InstanceState
  call: ResourceCall
  pathVariables: Record<string, string>
  /** body of the resource before this one in a chain, after its post hook */
  previous: { body: unknown } | undefined
  vendor: VendorDraft
}

export function newVendorDraft(method: string): VendorDraft {
  return {
    method,
    pathValues: {},
    baseUrl: '',
    path: '',
    query: [],
    queryTemplates: [],
    formTemplates: [],
    hookQuery: [],
    headers: {},
    fromHooks: undefined,
    body: undefined,
    upload: undefined,
    openBody: undefined,
    bodyFields: undefined,
    form: undefined,
    parts: undefined,
    tokens: {},
    isForeign: false,
    url: '',
    unsigned: undefined,
  }
}
