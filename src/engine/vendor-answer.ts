import { Readable } from 'node:stream'

/** What the vendor answered, on its way to the caller; hooks may rewrite all of it. */
export interface VendorAnswer {
  /** the vendor's, until a hook sets another */
  status: number
  /** lower-case names; what hooks set is merged in */
  headers: Record<string, string | string[]>
  /** decoded body; after `extractRoot` the part below the root key; `JsonText` when it is that already, a stream when it is passed through */
  body: unknown
  /** whole decoded body after the global post hook, kept for `nextPageKey` */
  raw: unknown
  /** whole decoded body as the vendor sent it */
  vendorBody: unknown
  /** it came as XML, in which a list of one record is no list */
  isXml: boolean
  /** the vendor's text as it came, for `providerMessage` */
  text: string
  /** the body may hold nulls: it has some in the vendor's text, or a hook wrote it */
  mayHoldNulls: boolean
  /** what a hook wants the caller to be told about a failure */
  errorMessage: string | undefined
}

export function newAnswer(status: number, headers: VendorAnswer['headers'] = {}): VendorAnswer {
  return {
    status,
    headers,
    body: undefined,
    raw: undefined,
    vendorBody: undefined,
    isXml: false,
    text: '',
    mayHoldNulls: false,
    errorMessage: undefined,
  }
}

/** The end of an answer that nobody gets: a stream that is not read to its end would hold its connection for ever. */
export function dropStream(answer: VendorAnswer): void {
  if (!(answer.body instanceof Readable)) return
  answer.body.destroy()
  answer.body = undefined
}
