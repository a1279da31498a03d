import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { ValenceError } from '../errors.ts'
import { isObject } from '../model/is-object.ts'
import { JSON_TYPE, sendable } from './reply-headers.ts'

/** The only body an error has (spec 00 §5). */
export interface ErrorBody {
  requestId: string
  message: string
  providerMessage?: string
}

/**
 * Turns any throw into the wire error. A `ValenceError` says what the caller may know; the framework's own errors are
 * the caller's mistakes; anything else is a bug of ours: logged whole, told only by its request id.
 */
export function handleError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = error instanceof ValenceError ? error : fromFramework(error, request)
  // the text of an INTERNAL error is for operators: it may name tables and keys
  if (!known || known.code === 'INTERNAL') {
    request.log.error({ err: error }, 'unexpected failure')
    const message = `Internal error; the log has the details under request id ${request.id}`
    return sendError(request, reply, 500, { requestId: request.id, message })
  }
  if (known.status >= 500) request.log.warn({ code: known.code, cause: causeOf(known) }, known.message)
  reply.headers(sendable(known.headers))
  return sendError(request, reply, known.status, {
    requestId: request.id,
    message: known.message,
    ...(known.providerMessage === undefined ? {} : { providerMessage: known.providerMessage }),
  })
}

function sendError(request: FastifyRequest, reply: FastifyReply, status: number, body: ErrorBody): FastifyReply {
  request.failure = body
  return reply.code(status).type(JSON_TYPE).send(JSON.stringify(body))
}

function causeOf(error: ValenceError): string | undefined {
  return error.cause instanceof Error ? error.cause.message : undefined
}

function fromFramework(error: unknown, request: FastifyRequest): ValenceError | undefined {
  const { code, statusCode, message, validation, validationContext } = error as Partial<FastifyError>
  if (validation && validationContext === 'body' && request.body === undefined) {
    return new ValenceError('BODY_INVALID', 'A JSON object is required as the request body', { cause: error })
  }
  if (
    validationContext === 'body' &&
    validation?.[0]?.instancePath === '' &&
    validation[0].params['type'] === 'object'
  ) {
    const given = request.body === null ? 'null' : Array.isArray(request.body) ? 'a list' : `a ${typeof request.body}`
    return new ValenceError('BODY_INVALID', `A JSON object is required as the request body, got ${given}`, {
      cause: error,
    })
  }
  const missing = validation?.[0]?.keyword === 'required' ? missingFields(request) : []
  if (missing.length > 0) {
    return new ValenceError('PARAMETER_MISSING', `Missing in the request body: ${missing.join(', ')}`, { cause: error })
  }
  if (validation) return new ValenceError('PARAMETER_INVALID', String(message), { cause: error })
  if (code === 'ECONNRESET' && request.raw.destroyed) {
    return new ValenceError('BODY_INVALID', 'The connection ended before the request body was whole', { cause: error })
  }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new ValenceError('BODY_TOO_LARGE', 'The request body is larger than this server accepts', { cause: error })
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new ValenceError('MEDIA_TYPE_UNSUPPORTED', 'Content-Type: expected application/json', { cause: error })
  }
  if (code === 'FST_ERR_BAD_URL') {
    return new ValenceError('PARAMETER_INVALID', 'The path is not well percent-encoded', { cause: error })
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new ValenceError('BODY_INVALID', String(message), { cause: error, status: statusCode })
  }
  return undefined
}

/** All of them (spec 00 §12): the validator stops at the first. */
function missingFields({ body, routeOptions }: FastifyRequest): string[] {
  const { required = [] } = (routeOptions.schema?.body ?? {}) as { required?: string[] }
  return isObject(body) ? required.filter((name) => body[name] === undefined) : []
}
