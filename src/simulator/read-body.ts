import type { IncomingMessage } from 'node:http'
import { Busboy } from '@fastify/busboy'

/** One file of a request: what it was, never what was in it. */
export interface Upload {
  /** the part's name; '' for a body that is a file as a whole */
  field: string
  fileName: string | undefined
  contentType: string
  sizeBytes: number
}

export interface ReadBody {
  /** UTF-8; '' when the body is files */
  text: string
  /** fields of a multipart form */
  fields: [string, string][]
  uploads: Upload[]
}

const TEXT_LIMIT_BYTES = 16 * 1024 * 1024
const FILE_LIMIT_BYTES = 512 * 1024 * 1024
const FORM_LIMITS = { fieldNameSize: 500, fieldSize: 256 * 1024, fields: 500, files: 100, parts: 600, headerPairs: 50 }
const FIELDS_CHARACTERS = 1_000_000
const TEXTUAL = /^$|^text\/|json|xml|x-www-form-urlencoded|javascript|^multipart\/(mixed|related|batch)/i

/** @returns undefined when a text is longer than 16 MB or files are longer than 512 MB */
export async function readBody(request: IncomingMessage): Promise<ReadBody | undefined> {
  const contentType = request.headers['content-type'] ?? ''
  if (/^multipart\/form-data\b.*\bboundary="?[^\s";]/i.test(contentType)) return readForm(request, contentType)
  if (TEXTUAL.test(contentType)) return readText(request)
  let sizeBytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length
    if (sizeBytes > FILE_LIMIT_BYTES) return undefined
  }
  if (sizeBytes === 0) return { text: '', fields: [], uploads: [] }
  return { text: '', fields: [], uploads: [{ field: '', fileName: fileNameOf(request), contentType, sizeBytes }] }
}

async function readText(request: IncomingMessage): Promise<ReadBody | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > TEXT_LIMIT_BYTES) return undefined
    chunks.push(chunk)
  }
  return { text: Buffer.concat(chunks).toString('utf8'), fields: [], uploads: [] }
}

/** A form that breaks off or is malformed counts as far as it came, as many vendors have it. */
function readForm(request: IncomingMessage, contentType: string): Promise<ReadBody | undefined> {
  const body: ReadBody = { text: '', fields: [], uploads: [] }
  return new Promise((resolve, reject) => {
    let total = 0
    const parser = new Busboy({ headers: { ...request.headers, 'content-type': contentType }, limits: FORM_LIMITS })
    const stop = (result: ReadBody | undefined) => {
      request.unpipe(parser)
      request.resume()
      resolve(result)
    }
    let characters = 0
    parser.on('field', (name: string, value: string) => {
      characters += value.length
      if (characters <= FIELDS_CHARACTERS) body.fields.push([name, value])
    })
    parser.on('file', (field, stream, fileName, _encoding, type) => {
      const upload: Upload = { field, fileName: fileName || undefined, contentType: type, sizeBytes: 0 }
      body.uploads.push(upload)
      stream.on('data', (chunk: Buffer) => {
        upload.sizeBytes += chunk.length
        total += chunk.length
        if (total > FILE_LIMIT_BYTES) stop(undefined)
      })
    })
    parser.on('finish', () => resolve(body))
    parser.on('error', () => stop(body))
    request.on('error', reject)
    request.pipe(parser)
  })
}

function fileNameOf(request: IncomingMessage): string | undefined {
  const header = request.headers['content-disposition'] ?? ''
  return /filename="?([^";]{1,200})/i.exec(header)?.[1]
}
