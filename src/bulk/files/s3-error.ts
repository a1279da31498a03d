import { ValenceError } from '../../errors.ts'

interface SdkError extends Error {
  code?: string
  $metadata?: { httpStatusCode?: number }
}

/** By name, whatever their status is. Source: AWS, "Error responses". */
const PASSING = new Set(['SlowDown', 'RequestTimeout', 'RequestTimeTooSkewed', 'OperationAborted', 'Throttling'])

/** Whether the same request may succeed a moment later. Without a status nobody answered: the connection failed or broke. */
export function isPassing(error: unknown): boolean {
  const { name, $metadata } = error as SdkError
  const status = $metadata?.httpStatusCode
  if (status !== undefined) return status >= 500 || status === 429 || status === 408 || PASSING.has(name)
  return !name.startsWith('Credentials')
}

/**
 * Callers of the API read its message, logs its cause: the SDK's error itself goes no further, because it keeps the whole reply, which
 * may repeat keys and what was signed.
 */
export function s3Error(error: unknown): ValenceError {
  const { name, message, code, $metadata } = error as SdkError
  const status = $metadata?.httpStatusCode
  const reason = status === undefined ? (code ?? name) : `${status} ${name}`
  const what =
    status === undefined || status >= 500 ? 'does not answer as it should' : 'refuses what the hub asks of it'
  return new ValenceError('UNAVAILABLE', `the file store ${what} (${reason}); try again later`, {
    cause: new Error(`${name}: ${message}`),
  })
}
