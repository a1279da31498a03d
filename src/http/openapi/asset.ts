import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gunzip, gzipSync } from 'node:zlib'
import type { Reply, Request } from '../app.ts'

/** A document that is the same for everybody, kept compressed. */
export interface Asset {
  contentType: string
  gzip: Buffer
  /** quoted, as the header has it */
  etag: string
}

const unzip = promisify(gunzip)

export function toAsset(contentType: string, text: string): Asset {
  return compressedAsset(contentType, gzipSync(text))
}

export function compressedAsset(contentType: string, gzip: Buffer): Asset {
  return { contentType, gzip, etag: `"${createHash('sha256').update(gzip).digest('base64url')}"` }
}

/** Answers 304 to whoever has it; it may be kept, but asked for each time, since an upgrade changes it. */
export async function sendAsset(request: Request, reply: Reply, { contentType, gzip, etag }: Asset): Promise<Reply> {
  reply.headers({ etag, 'cache-control': 'public, no-cache', 'x-content-type-options': 'nosniff' })
  reply.header('vary', [reply.getHeader('vary'), 'Accept-Encoding'].filter(Boolean).join(', '))
  if (hasIt(request, etag)) return reply.code(304).send()
  reply.type(contentType)
  if (!takesGzip(request)) return reply.send(await unzip(gzip))
  return reply.header('content-encoding', 'gzip').send(gzip)
}

/** The tags of If-None-Match are compared weakly (RFC 9110 §13.1.2): a proxy may have made ours weak. */
function hasIt({ headers }: Request, etag: string): boolean {
  const known = (headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return known.includes(etag) || known.includes('*')
}

function takesGzip({ headers }: Request): boolean {
  const codings = String(headers['accept-encoding'] ?? '').split(',')
  return codings.some((coding) => /^\s*(?:gzip|\*)\s*(?:;\s*q=(?!0(?:\.0*)?\s*$).*)?$/i.test(coding))
}
