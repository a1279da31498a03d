import type { Readable } from 'node:stream'

/** A call of our own API that the hub makes by itself, in the name of a user: jobs, callback addresses of our own, formulas. */
export interface PlatformRequest {
  /** in any letter case */
  method: string
  /** below `/elements/api-v2` or with it, percent-encoded, with or without a query */
  path: string
  /** added to the query of the path; of a list every value */
  query?: Readonly<Record<string, string | readonly string[]>>
  /** credentials and what only a connection knows are not sent on */
  headers?: Readonly<Record<string, string>>
  /** text, bytes and streams of them as they are, anything else as JSON; undefined and null: none */
  body?: unknown
  /** how many such calls wait for this one or led to it; none when absent */
  depth?: number
  signal?: AbortSignal
}

export interface PlatformReply {
  status: number
  /** lower-case names */
  headers: Record<string, string>
  /** as text, as much of it as is read */
  body: string
  /** the same as it came: a file is no text */
  bytes?: Buffer
  /** the body was longer than that */
  isCut: boolean
}

/** An answer whose body is read while it comes, by whoever asked. */
export interface PlatformStream {
  status: number
  /** lower-case names */
  headers: Record<string, string>
  /** to be read to its end, or destroyed */
  body: Readable
}
