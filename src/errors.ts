/**
 * Every error a caller can see: code → HTTP status. Rooms throw `ValenceError` and know nothing of replies;
 * `http/error-handler.ts` turns it into `{ requestId, message, providerMessage? }`. Statuses: spec 00 §7.
 */
export const STATUS = {
  ACCOUNT_NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  BODY_INVALID: 400,
  BODY_TOO_LARGE: 413,
  CALLS_TOO_DEEP: 400,
  CHAIN_TOO_LONG: 400,
  CODE_REJECTED: 401,
  CONFIGURATION_INVALID: 400,
  CONFIGURATION_MISSING: 400,
  CREDENTIALS_INVALID: 401,
  EGRESS_REFUSED: 400,
  ELEMENT_NOT_FOUND: 404,
  EVENT_NOT_FAILED: 409,
  EVENT_NOT_FOUND: 404,
  EXECUTION_ENDED: 400,
  EXECUTION_NOT_FOUND: 404,
  FORBIDDEN: 403,
  FORMULA_FAILED: 500,
  FORMULA_INACTIVE: 400,
  FORMULA_INVALID: 400,
  FORMULA_INSTANCE_NOT_FOUND: 404,
  FORMULA_NOT_FOUND: 404,
  FORMULA_PART_NOT_FOUND: 404,
  FORMULA_TOOK_TOO_LONG: 408,
  HUB_NOT_FOUND: 404,
  HUB_MODEL_NOT_FOUND: 404,
  IMPORT_INVALID: 400,
  IN_USE: 409,
  INSTANCE_DISABLED: 403,
  INSTANCE_NOT_FOUND: 404,
  INTEGRATION_NOT_FOUND: 404,
  INTERNAL: 500,
  LAST_ADMINISTRATOR: 409,
  LOGIN_FAILED: 401,
  MANIFEST_INVALID: 500,
  MEDIA_TYPE_UNSUPPORTED: 415,
  METHOD_NOT_ALLOWED: 405,
  NOT_ACCEPTABLE: 406,
  NOT_FOUND: 404,
  NOTHING_FOUND: 404,
  OAUTH_UNSUPPORTED: 400,
  OBJECT_NOT_FOUND: 404,
  ORGANIZATION_NOT_FOUND: 404,
  PAGE_TOKEN_INVALID: 400,
  PARAMETER_INVALID: 400,
  PARAMETER_MISSING: 400,
  PASSWORD_EXPIRED: 401,
  PRIVILEGE_UNKNOWN: 400,
  QUERY_INVALID: 400,
  REFRESH_FAILED: 401,
  REFRESH_UNAVAILABLE: 502,
  RESET_INVALID: 401,
  RESOURCE_NOT_EXECUTABLE: 400,
  RESOURCE_UNKNOWN: 400,
  ROLE_NOT_FOUND: 404,
  ROLE_NOT_HELD: 404,
  ROLE_UNKNOWN: 400,
  SCRIPT_BUSY: 429,
  SCRIPT_FAILED: 500,
  SCRIPT_TIMED_OUT: 500,
  SIGNATURE_INVALID: 401,
  TOO_MANY: 409,
  TOO_MANY_ATTEMPTS: 429,
  TRANSFORMATION_NOT_FOUND: 404,
  TRANSFORMED_TOO_LARGE: 400,
  TWO_FACTOR_REQUIRED: 401,
  TWO_FACTOR_WRONG: 401,
  UNAVAILABLE: 503,
  USER_NOT_FOUND: 404,
  VENDOR_FAILED: 502,
  VENDOR_REPLY_INVALID: 502,
  VENDOR_TIMEOUT: 502,
  VENDOR_UNREACHABLE: 502,
} as const

export type ErrorCode = keyof typeof STATUS

export interface ErrorDetails {
  cause?: unknown
  /** overrides the status of the code, for vendor failures that keep their own */
  status?: number
  /** the vendor's own status, before it became one of ours */
  vendorStatus?: number
  /** the vendor's own text, verbatim */
  providerMessage?: string
  /** reply headers that belong to the failure, e.g. `retry-after` */
  headers?: Record<string, string>
}

export class ValenceError extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly vendorStatus: number | undefined
  readonly providerMessage: string | undefined
  readonly headers: Record<string, string>

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'ValenceError'
    this.code = code
    this.status = details.status ?? STATUS[code]
    this.vendorStatus = details.vendorStatus
    this.providerMessage = details.providerMessage
    this.headers = details.headers ?? {}
  }
}

/** One fixed text for every credential failure: it must not tell which secret was wrong (spec 10 §1.2). */
export const CREDENTIALS_MESSAGE = 'Invalid Organization or User secret, or invalid Element token provided.'

export function credentialsInvalid(cause?: unknown): ValenceError {
  return new ValenceError('CREDENTIALS_INVALID', CREDENTIALS_MESSAGE, { cause })
}
