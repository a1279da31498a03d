import type { Readable } from 'node:stream'
import type { Element, Resource } from './element.ts'

/** One outbound HTTP request. `url` is the vendor's true address; the origin map is applied by `upstream`. */
export interface VendorRequest {
  method: string
  url: string
  /** lower-case names */
  headers: Record<string, string>
  body?: string | Buffer | Readable
  /** limit for headers and for every silence of the body */
  timeoutMs: number
  /**
   * Headers that carry credentials (lower-case names): dropped when a redirect leaves the origin.
   */
  credentialHeaders?: readonly string[]
  /** certificate and key for mutual TLS; connections with one are never shared with calls that have another */
  clientIdentity?: ClientIdentity
  signal?: AbortSignal
}

/** PEM texts of a client certificate (with its chain) and its key. */
export interface ClientIdentity {
  cert: string
  key: string
}

export interface VendorReply {
  status: number
  /** lower-case names; repeated headers are an array */
  headers: Record<string, string | string[]>
  /** the address that answered at last, after redirects, before the origin map */
  url: string
  /** must be read, piped or destroyed exactly once */
  body: Readable
  /**
   * Reads the whole body, without a byte order mark.
   * @throws ValenceError VENDOR_REPLY_INVALID when it is longer than `limitBytes`; VENDOR_UNREACHABLE when it breaks off
   */
  bytes(limitBytes: number): Promise<Buffer>
  /** The same as UTF-8 text. */
  text(limitBytes: number): Promise<string>
}

/** The only way out. Throws EGRESS_REFUSED, VENDOR_UNREACHABLE or VENDOR_TIMEOUT (`ValenceError`). */
export type Send = (request: VendorRequest) => Promise<VendorReply>

/** What the caller asked of one resource of one instance. */
export interface ResourceCall {
  method: string
  /** decoded? no: percent-encoded path below `/hubs/<hub>`, always with a leading slash: `/contacts/12` */
  path: string
  /** every value of a repeated name in order */
  query: Record<string, string | string[]>
  /** lower-case names */
  headers: Record<string, string | string[] | undefined>
  /** a JSON value; for `multipart/form-data` undefined, see `parts`; for a urlencoded form its members as an object */
  body: unknown
  /** fields and files of a `multipart/form-data` body in their order; files wait on disk or in memory and can be read again */
  parts?: readonly UploadedPart[]
  /** a list that we cut into pages, because the vendor has none, is wanted whole */
  isWhole?: boolean
  /** of the HTTP request that it is; absent for what the hub calls by itself */
  requestId?: string
  /** what may have reached the vendor is not sent a second time, whatever its method: the caller decides what becomes of it */
  isSentOnce?: boolean
  /** ends what is on its way to the vendor: one that sends a byte now and then answers for ever */
  signal?: AbortSignal
  /** how many scripts of common resources wait for this call, because one of them made it; none when absent */
  depth?: number
  /** of whoever keeps a log of the call */
  facts?: CallFacts
}

/**
 * What a resource call tells of itself while it runs, for the usage log: one object for the whole call, filled in on the
 * way, so that it is known of failures as well.
 */
export interface CallFacts {
  element: Element | undefined
  instanceId: number | undefined
  instanceName: string | undefined
  instanceTags: readonly string[] | undefined
  /** what the caller asked for */
  resource: Resource | undefined
  /** name of the common resource that applied */
  commonResource: string | undefined
  /** what was sent last: another one in a chain */
  vendorResource: Resource | undefined
  vendorMethod: string | undefined
  /** from request to decoded answer, all vendor calls together, with the waits between attempts */
  vendorMs: number
}

export function newCallFacts(): CallFacts {
  return {
    element: undefined,
    instanceId: undefined,
    instanceName: undefined,
    instanceTags: undefined,
    resource: undefined,
    commonResource: undefined,
    vendorResource: undefined,
    vendorMethod: undefined,
    vendorMs: 0,
  }
}

/** One part of an uploaded form. */
export interface UploadedPart {
  name: string
  /** absent for plain fields */
  fileName?: string
  contentType?: string
  /** of a plain field: its value */
  text?: string
  sizeBytes: number
  /** a fresh stream at every call */
  open(): Readable
}

/** What the caller gets. */
export interface ResourceReply {
  status: number
  headers: Record<string, string>
  /** a JSON value, `JsonText`, or a stream that nothing changed */
  body: unknown
}

/** A JSON value that stays the text it came as, because nobody on this side has to look into it. */
export class JsonText {
  readonly text: string
  /** elements, when it is an array */
  readonly count: number | undefined

  constructor(text: string, count: number | undefined) {
    this.text = text
    this.count = count
  }
}
