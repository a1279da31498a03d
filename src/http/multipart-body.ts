import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { Busboy, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy'
import { ValenceError } from '../errors.ts'
import type { UploadedPart } from '../model/exchange.ts'
import type { Kept, Spool } from './spool.ts'

export interface UploadLimits {
  /** of the whole request body */
  totalBytes: number
  parts: number
  /** of one field that is no file */
  fieldBytes: number
  /** of all of these together, since they are held in memory */
  fieldsBytes: number
  /** of the name of a part or file */
  nameChars: number
  /** a part may have no name, or an empty one */
  takesNameless: boolean
}

export const UPLOAD_LIMITS: UploadLimits = {
  totalBytes: 1024 * 1024 * 1024,
  parts: 1000,
  fieldBytes: 1024 * 1024,
  fieldsBytes: 10 * 1024 * 1024,
  nameChars: 1000,
  takesNameless: false,
}

/**
 * Receives a `multipart/form-data` body: fields and files in their order, the files in the spool.
 * @throws ValenceError BODY_INVALID (malformed, broken off, a part without a name), BODY_TOO_LARGE naming the limit, and
 *   what `Spool.keep` throws; the rest of the body is then read and dropped, so that the sender gets to the answer
 */
export function readMultipart(source: IncomingMessage, spool: Spool, limits: UploadLimits): Promise<UploadedPart[]> {
  const { promise, resolve, reject } = Promise.withResolvers<UploadedPart[]>()
  const form = openForm(source, limits)
  const parts: Promise<UploadedPart>[] = []
  const files = new Set<Readable>()
  let fieldsBytes = 0
  let hasFailed = false

  function fail(error: unknown): void {
    hasFailed = true
    reject(error)
    source.unpipe(form)
    source.resume()
    for (const file of files) file.destroy()
    form.destroy()
  }

  function add(part: Promise<UploadedPart>): void {
    part.catch(fail)
    parts.push(part)
  }

  form.on('field', (name, value, _isNameCut, isCut, _encoding, contentType) => {
    const content = Buffer.from(value)
    fieldsBytes += content.length
    if (isCut) fail(tooLarge(`the field "${String(name).slice(0, 50)}" is longer than ${limits.fieldBytes} bytes`))
    else if (fieldsBytes > limits.fieldsBytes) fail(tooLarge(`its fields are longer than ${limits.fieldsBytes} bytes`))
    else add(partOf({ name, contentType: fieldType(contentType), text: value }, Promise.resolve(held(content)), limits))
  })
  form.on('file', (name, content, fileName, _encoding, contentType) => {
    if (hasFailed) return void content.destroy()
    files.add(content.on('error', fail))
    const kept = spool.keep(content).finally(() => files.delete(content))
    add(partOf({ name, fileName, contentType }, kept, limits))
  })
  form.on('partsLimit', () => fail(tooLarge(`it has more than ${limits.parts} parts`)))
  form.on('error', (error) => fail(malformed(error)))
  form.on('finish', () => Promise.all(parts).then(resolve, fail))
  if (announcedBytes(source) > limits.totalBytes) {
    fail(tooLong(limits.totalBytes))
  } else {
    watch(source, limits, fail)
    source.pipe(form)
  }
  return promise
}

/**
 * Receives any other body as one file part, by the name that the format gives to uploads (spec 11 §3.2).
 * @returns nothing for an empty body
 * @throws as `readMultipart`
 */
export async function readBinary(source: IncomingMessage, spool: Spool, limits: UploadLimits): Promise<UploadedPart[]> {
  try {
    const kept = await spool.keep(chunksWithin(limits, source))
    if (kept.sizeBytes === 0) return []
    return [{ name: 'file', fileName: 'file', contentType: source.headers['content-type'], ...kept }]
  } catch (error) {
    source.resume()
    throw source.destroyed && !source.complete ? brokeOff(error) : error
  }
}

async function* chunksWithin({ totalBytes }: UploadLimits, source: IncomingMessage): AsyncGenerator<Buffer> {
  if (announcedBytes(source) > totalBytes) throw tooLong(totalBytes)
  let receivedBytes = 0
  // destroyed, it would take the connection of the answer with it
  for await (const chunk of source.iterator({ destroyOnReturn: false })) {
    receivedBytes += chunk.length
    if (receivedBytes > totalBytes) throw tooLong(totalBytes)
    yield chunk
  }
}

function openForm(source: IncomingMessage, limits: UploadLimits): BusboyInstance {
  try {
    return new Busboy({
      headers: source.headers as BusboyHeaders,
      limits: { parts: limits.parts, fieldSize: limits.fieldBytes, headerPairs: 100, headerSize: 16 * 1024 },
    })
  } catch (error) {
    source.resume()
    throw malformed(error)
  }
}

/** Counts the bytes of a body and notices when it breaks off. */
function watch(source: IncomingMessage, { totalBytes }: UploadLimits, fail: (error: unknown) => void): void {
  let receivedBytes = 0
  source.on('data', (chunk: Buffer) => {
    receivedBytes += chunk.length
    if (receivedBytes > totalBytes) fail(tooLong(totalBytes))
  })
  source.on('error', (error) => fail(brokeOff(error)))
  source.on('close', () => {
    if (!source.complete) fail(brokeOff())
  })
}

/** 0 when nothing is announced. */
function announcedBytes(source: IncomingMessage): number {
  return Number(source.headers['content-length'] ?? 0)
}

interface PartHead {
  name: string | undefined
  fileName?: string
  contentType: string | undefined
  /** value of a plain field */
  text?: string
}

async function partOf(
  { name = '', fileName, contentType, text }: PartHead,
  content: Promise<Kept>,
  { nameChars, takesNameless }: UploadLimits,
): Promise<UploadedPart> {
  const kept = await content
  if (name === '' && !takesNameless)
    throw new ValenceError('BODY_INVALID', 'The upload has a part without a name in its Content-Disposition')
  if (name.length > nameChars || (fileName ?? '').length > nameChars)
    throw new ValenceError('BODY_INVALID', `The upload has a part with a name of more than ${nameChars} characters`)
  const file = fileName === undefined ? {} : { fileName }
  const field = text === undefined ? {} : { text }
  return { name, ...file, ...field, ...(contentType === undefined ? {} : { contentType }), ...kept }
}

/** `text/plain` is what a field has anyway (RFC 7578 §4.4), and what the reader says when nothing was given. */
function fieldType(contentType: string): string | undefined {
  return contentType === 'text/plain' ? undefined : contentType
}

function held(content: Buffer): Kept {
  return { sizeBytes: content.length, open: () => Readable.from([content], { objectMode: false }) }
}

function tooLarge(why: string): ValenceError {
  return new ValenceError('BODY_TOO_LARGE', `The upload is too large: ${why}`)
}

function tooLong(totalBytes: number): ValenceError {
  return tooLarge(`it is longer than ${totalBytes} bytes`)
}

function brokeOff(cause?: unknown): ValenceError {
  return new ValenceError('BODY_INVALID', 'The upload broke off before its end', { cause })
}

function malformed(cause: unknown): ValenceError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new ValenceError('BODY_INVALID', `The upload is no well-formed multipart/form-data: ${why}`, { cause })
}
