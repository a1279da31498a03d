/**
 * How a vendor proves that a webhook is its own, as an element or instance declares it in `event.vendor.signature.*`
 * (spec 40 §4.5 leaves these keys to us; docs/events.md lists them). Compiled once from text by `read-declaration.ts`, used by
 * `verify-webhook.ts`. Holds no secret: keys are read beside it, when a request is judged.
 */
export type SignatureDeclaration = SharedSecret | SignedContent | SignedToken

/** Where the proof stands in the request. */
export type Place = { in: 'header' | 'query'; name: string } | { in: 'body' }

/** A text that only the vendor and the instance know, sent along as it is. */
export interface SharedSecret {
  type: 'secret'
  place: Place
  /** in front of the text: `Bearer ` */
  prefix: string
}

/** A signature over parts of the request. */
export interface SignedContent {
  type: 'hmac' | 'rsa' | 'ecdsa' | 'ed25519'
  place: Place
  /** not of `ed25519` */
  hash: Hash
  encoding: 'hex' | 'base64' | 'base64url'
  /** of `hmac` */
  keyEncoding: KeyEncoding
  /** `value`: the whole text is the signature. `fields`: `t=1,v1=ab`. `list`: `v1,ab v1,cd` */
  format: 'value' | 'fields' | 'list'
  /** in front of a signature; of a list: in front of those that count */
  prefix: string
  /** of `fields`: the name of those that are signatures; there may be several while the vendor changes keys */
  field: string
  content: readonly ContentPart[]
  timestamp: TimestampSource | undefined
}

export type Hash = 'sha1' | 'sha256' | 'sha384' | 'sha512'
/** `standard`: as Standard Webhooks writes keys, `whsec_` and base64 (symmetric) or `whpk_` and base64 (public) */
export type KeyEncoding = 'text' | 'hex' | 'base64' | 'standard'

/** A piece of what is signed: a text, or what of the request stands there. */
export type ContentPart = { text: string } | { name: PartName } | { header: string }
export type PartName = 'body' | 'body:sha256' | 'form' | 'method' | 'path' | 'query' | 'timestamp' | 'url'

export interface TimestampSource {
  from: { header: string } | { field: string }
  unit: 'seconds' | 'milliseconds' | 'iso'
  /** how far it may lie in the past or future */
  toleranceSeconds: number
}

/** A JSON web token (RFC 7519) in the compact form. */
export interface SignedToken {
  type: 'jwt'
  place: Place
  prefix: string
  /** the only one that is taken, whatever the token says */
  algorithm: TokenAlgorithm
  keyEncoding: KeyEncoding
  /** where the vendor publishes its keys; absent: the key is the instance's own */
  jwksUrl: string | undefined
  issuer: string | undefined
  audience: string | undefined
  /** claim that holds the SHA-256 of the body in hex or base64: without one the token says who sent the request, not what */
  bodyClaim: string | undefined
  /** leeway of `exp` and `nbf`, and age of a token that has `iat` and no `exp` */
  toleranceSeconds: number
}

export type TokenAlgorithm = 'RS256' | 'RS384' | 'RS512' | 'PS256' | 'ES256' | 'ES384' | 'EdDSA' | 'HS256' | 'HS512'

/** The keys in force; the older one is still taken while the vendor changes over. */
export interface SignatureKeys {
  current: string | undefined
  previous: string | undefined
}

/** A request as it arrived. */
export interface SignedRequest {
  method: string
  /** absolute, as the vendor called it: public address, path and query as received */
  url: string
  /** in order and as often as they came; names in any case */
  headers: readonly (readonly [name: string, value: string])[]
  body: Buffer
}

/** `cause` is there when something failed that should not. */
export type Verdict =
  | { ok: true }
  | {
      ok: false
      /** for the operator's log; repeats neither keys nor signatures */
      reason: string
      /** the same request may pass later */
      isTemporary?: boolean
      cause?: unknown
    }

/** Why a request is refused; becomes a `Verdict`. */
export class Refusal extends Error {
  readonly isTemporary: boolean

  constructor(reason: string, isTemporary = false) {
    super(reason)
    this.isTemporary = isTemporary
  }
}
