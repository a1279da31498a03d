import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { encodeMultipart, type OutgoingPart } from '../../engine/body/multipart.ts'
import { isObject } from '../../model/is-object.ts'
import { shown } from './fill-text.ts'
import { StepFailure } from './step-failure.ts'

/** What is sent with a request. */
export interface RequestBody {
  /** undefined: nothing */
  bytes?: Buffer
  contentType?: string
}

/** Of files in values of steps (spec 31 §3.4). */
export const ATTACHMENT = 'workflow-file-attachment'
const MULTIPART = 'workflow-multipart'

/**
 * A body as bytes: texts as they are, files and lists of parts as a form, anything else as JSON, or as the urlencoded form that its type announces.
 * @param form fields of a form; they come before the body
 * @param type that the step gives it
 * @throws StepFailure for a file or a part that cannot be read
 */
export async function encodeBody(
  body: unknown,
  form: Record<string, unknown> | undefined,
  type = '',
): Promise<RequestBody> {
  if (form !== undefined) return encodeForm(fieldsOf(form))
  if (isObject(body) && body['type'] === ATTACHMENT) return encodeForm([partOf('file', body, 'body')])
  if (isObject(body) && body['type'] === MULTIPART) return encodeForm(partsOf(body['parts']))
  if (body === undefined || body === null || (typeof body === 'string' && body.trim() === '')) return {}
  if (isObject(body) && URLENCODED.test(type)) return { bytes: Buffer.from(urlencoded(body)), contentType: type }
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { bytes: Buffer.from(text), contentType: 'application/json' }
}

async function encodeForm(parts: readonly OutgoingPart[]): Promise<RequestBody> {
  const { contentType, open } = encodeMultipart(parts, formBoundary())
  return { bytes: await buffer(open()), contentType }
}

export function formBoundary(): string {
  return `valence${randomBytes(16).toString('hex')}`
}

/** Of the property `form`: each field a value, `{ value, options: { filename, contentType } }`, a file, or a list of them (spec 31 §3.2). */
function fieldsOf(form: Record<string, unknown>): OutgoingPart[] {
  return Object.entries(form).flatMap(([name, given]) =>
    [given].flat().flatMap((field: unknown) => {
      if (field === undefined || field === null) return []
      if (!isObject(field)) return [{ name, value: textOf(field) }]
      if (field['type'] === ATTACHMENT) return [partOf(name, field, `form: "${name}"`)]
      const { value, options } = field
      if (value === undefined || !isObject(options)) return [{ name, value: textOf(value ?? field) }]
      const file = { fileName: options['filename'], contentType: options['contentType'] }
      return [
        isObject(value) && value['type'] === ATTACHMENT ? partOf(name, value, name, file) : textPart(name, value, file),
      ]
    }),
  )
}

function partsOf(parts: unknown): OutgoingPart[] {
  if (!Array.isArray(parts)) throw new StepFailure(`body: "parts" of a ${MULTIPART} is no list, but ${shown(parts)}`)
  return parts.map((part: unknown, place) => {
    if (!isObject(part) || typeof part['name'] !== 'string')
      throw new StepFailure(`body: part ${place + 1} has no name: ${shown(part)}`)
    const { name, content, filename } = part
    const contentType = part['Content-Type'] ?? part['contentType']
    return filename === undefined || filename === null
      ? textPart(name, content, { contentType })
      : partOf(name, part, `body: part "${name}"`, { contentType })
  })
}

interface Described {
  fileName?: unknown
  contentType?: unknown
}

function textPart(name: string, value: unknown, described: Described): OutgoingPart {
  return bytesPart(name, Buffer.from(textOf(value)), described)
}

/** A file whose bytes are base64. */
function partOf(name: string, file: Record<string, unknown>, where: string, described: Described = {}): OutgoingPart {
  const { content } = file
  if (typeof content !== 'string')
    throw new StepFailure(`${where}: expected base64 in "content", got ${shown(content)}`)
  const fileName = described.fileName ?? file['filename'] ?? 'file'
  return bytesPart(name, Buffer.from(content, 'base64'), {
    contentType: file['contentType'],
    ...set(described),
    fileName,
  })
}

function bytesPart(name: string, bytes: Buffer, { fileName, contentType }: Described): OutgoingPart {
  return {
    name,
    sizeBytes: bytes.length,
    open: () => Readable.from([bytes], { objectMode: false }),
    ...(fileName === undefined || fileName === null ? {} : { fileName: String(fileName) }),
    ...(contentType === undefined || contentType === null ? {} : { contentType: String(contentType) }),
  }
}

function set({ contentType }: Described): Described {
  return contentType === undefined || contentType === null ? {} : { contentType }
}

const URLENCODED = /^application\/x-www-form-urlencoded(?:\s*;|$)/i

function urlencoded(body: Record<string, unknown>): string {
  const pairs = Object.entries(body).flatMap(([name, value]) =>
    [value].flat().map((one: unknown): [string, string] => [name, textOf(one)]),
  )
  return new URLSearchParams(pairs).toString()
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
