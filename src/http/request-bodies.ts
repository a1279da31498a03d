import type { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { decodeText } from '../engine/body/decode-text.ts'
import { ValenceError } from '../errors.ts'
import { parseJson } from './json-body.ts'
import { isVendorBody } from './vendor-body.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** a body that waits in the socket until the caller is known: `receiveUpload` */
    upload: 'multipart' | 'binary' | undefined
  }
}

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json(?:\s*;|$)/i
const FORM_TYPE = /^application\/x-www-form-urlencoded(?:\s*;|$)/i
const TEXT_TYPE = /^(?:text\/|application\/(?:[\w.+-]+\+)?xml(?:\s*;|$))/i
const MULTIPART_TYPE = /^multipart\/form-data(?:\s*;|$)/i

/** of a form: it is read before anybody knows who sent it */
const MAX_FIELDS = 10_000

/**
 * What a body becomes, by its Content-Type. Our own bodies are JSON (spec 00 §3); those of routes marked
 * `config.isVendorBody` may be anything that a vendor takes:
 *
 * | Content-Type | `request.body` |
 * |---|---|
 * | JSON, absent | the value |
 * | `application/x-www-form-urlencoded` | its fields as an object, a repeated one as an array |
 * | `text/…`, XML | text |
 * | `multipart/form-data` | none; `request.upload` is `multipart` |
 * | anything else | none; `request.upload` is `binary` |
 *
 * An empty body is no body whatever its type says. A packed one (Content-Encoding) is taken for vendors only.
 */
export function acceptBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.decorateRequest('upload', undefined)
  app.addHook('preParsing', (request, _reply, payload, done) => {
    if (isEncoded(request) && !isVendorBody(request)) done(encoded(request), undefined)
    else done(null, payload)
  })
  app.addContentTypeParser(JSON_TYPE, { parseAs: 'string' }, async (_request: FastifyRequest, text: string | Buffer) =>
    parseJson(String(text)),
  )
  app.addContentTypeParser(FORM_TYPE, { parseAs: 'string' }, async (request: FastifyRequest, text: string | Buffer) =>
    text.length === 0 ? undefined : parseForm(String(text), request),
  )
  app.addContentTypeParser(TEXT_TYPE, { parseAs: 'buffer' }, async (request: FastifyRequest, bytes: string | Buffer) =>
    bytes.length === 0 ? undefined : parseText(bytes as Buffer, request),
  )
  app.addContentTypeParser('*', async (request: FastifyRequest, payload: Readable) => {
    const type = request.headers['content-type'] ?? ''
    if (type.trim() !== '' && isVendorBody(request)) return leaveBody(request)
    const text = (await readBytes(payload, request.routeOptions.bodyLimit)).toString('utf8')
    return type.trim() === '' || text.trim() === '' ? parseJson(text) : unsupported(request)
  })
}

/** The same for a route that leaves its own bodies in the socket, where an element has its path as well. */
export async function readBody(request: FastifyRequest, payload: Readable): Promise<unknown> {
  const type = request.headers['content-type'] ?? ''
  const isLeft = type.trim() !== '' && ![JSON_TYPE, FORM_TYPE, TEXT_TYPE].some((known) => known.test(type))
  if (isLeft) return leaveBody(request)
  const bytes = await readBytes(payload, request.routeOptions.bodyLimit)
  if (bytes.length === 0) return undefined
  if (FORM_TYPE.test(type)) return parseForm(bytes.toString('utf8'), request)
  return TEXT_TYPE.test(type) ? parseText(bytes, request) : parseJson(bytes.toString('utf8'))
}

/** It waits in the socket until somebody knows what to do with it. */
export function leaveBody(request: FastifyRequest): undefined {
  const isMultipart = MULTIPART_TYPE.test(request.headers['content-type'] ?? '')
  if (request.headers['content-length'] !== '0') request.upload = isMultipart ? 'multipart' : 'binary'
}

function parseForm(text: string, request: FastifyRequest): Record<string, string | string[]> {
  if (!isVendorBody(request)) return unsupported(request)
  if (text.split('&', MAX_FIELDS + 1).length > MAX_FIELDS)
    throw new ValenceError('BODY_TOO_LARGE', `The form has more than ${MAX_FIELDS} fields`)
  const fields = new Map<string, string | string[]>()
  for (const [name, value] of new URLSearchParams(text)) {
    const present = fields.get(name)
    if (Array.isArray(present)) present.push(value)
    else fields.set(name, present === undefined ? value : [present, value])
  }
  return Object.fromEntries(fields)
}

function parseText(bytes: Buffer, request: FastifyRequest): string | undefined {
  const text = decodeText(bytes, request.headers['content-type'])
  if (text.trim() === '') return undefined
  return isVendorBody(request) ? text : unsupported(request)
}

/** Of a body that is there. Those of vendors may be for them to unpack. */
function isEncoded({ headers }: FastifyRequest): boolean {
  const encoding = headers['content-encoding']
  const isThere = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  return encoding !== undefined && isThere && !/^\s*(?:identity)?\s*$/i.test(encoding)
}

function encoded({ headers }: FastifyRequest): ValenceError {
  return new ValenceError(
    'MEDIA_TYPE_UNSUPPORTED',
    `Content-Encoding "${headers['content-encoding']}": send the body as it is`,
  )
}

function unsupported(request: FastifyRequest): never {
  const type = request.headers['content-type']
  throw new ValenceError('MEDIA_TYPE_UNSUPPORTED', `Content-Type "${type}": expected application/json`)
}

async function readBytes(payload: Readable, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  // destroyed, it would take the connection of the answer with it
  for await (const chunk of payload.iterator({ destroyOnReturn: false })) {
    sizeBytes += chunk.length
    if (sizeBytes > limitBytes)
      throw new ValenceError('BODY_TOO_LARGE', `The request body is larger than ${limitBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
