import type { VendorRequest } from '../../../src/model/exchange.ts'
import type { GoldenPart, GoldenRequest } from './engine-case.ts'

/** A request in a shape in which two that say the same are equal. */
export interface SaidRequest {
  method: string
  /** up to the query, exactly */
  address: string
  /** decoded, sorted by name; values of one name in their order */
  query: [name: string, value: string][]
  headers: Record<string, string>
  body?: unknown
}

export function saidByCase(golden: GoldenRequest): SaidRequest {
  const { method, url, headers, ...bodies } = golden
  return {
    method,
    ...splitUrl(url),
    headers,
    ...('body' in bodies ? { body: bodies.body } : {}),
    ...(bodies.form ? { body: { form: bodies.form } } : {}),
    ...(bodies.xml === undefined ? {} : { body: { xml: plainXml(bodies.xml) } }),
    ...(bodies.multipart ? { body: { multipart: sortedParts(bodies.multipart) } } : {}),
  }
}

/** @param like the request that is expected: says how to read the body */
export async function saidByEngine(request: VendorRequest, like: GoldenRequest | undefined): Promise<SaidRequest> {
  const bytes = await bytesOf(request.body)
  const { 'content-length': _length, ...headers } = request.headers
  const type = headers['content-type'] ?? ''
  if (like?.headers['content-type'] === '<multipart>' && /^multipart\/form-data; *boundary=/.test(type)) {
    headers['content-type'] = '<multipart>'
  }
  const body = bytes === undefined ? {} : { body: readBody(bytes, type, like) }
  return { method: request.method, ...splitUrl(request.url), headers, ...body }
}

function readBody(bytes: Buffer, type: string, like: GoldenRequest | undefined): unknown {
  const text = bytes.toString('utf8')
  if (like?.form) return { form: [...new URLSearchParams(text)] }
  if (like?.xml !== undefined) return { xml: plainXml(text) }
  if (like?.multipart) return { multipart: sortedParts(readParts(bytes, type)) }
  if (typeof like?.body === 'string') return text
  try {
    return JSON.parse(text)
  } catch {
    return text // not JSON: the comparison shows the text
  }
}

async function bytesOf(body: VendorRequest['body']): Promise<Buffer | undefined> {
  if (body === undefined) return undefined
  if (typeof body === 'string') return Buffer.from(body)
  if (Buffer.isBuffer(body)) return body
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

function splitUrl(url: string): Pick<SaidRequest, 'address' | 'query'> {
  const at = url.indexOf('?')
  if (at < 0) return { address: url, query: [] }
  const pairs = url.slice(at + 1).split('&')
  const query = pairs.map((pair): [string, string] => {
    const [name = '', ...value] = pair.split('=')
    return [decodeURIComponent(name), decodeURIComponent(value.join('='))]
  })
  // the sort is stable: values of one name keep their order
  return { address: url.slice(0, at), query: query.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)) }
}

function plainXml(text: string): string {
  return text
    .replace(/^\s*<\?xml[^?]*\?>/, '')
    .replace(/>\s+</g, '><')
    .trim()
}

/** The parts of a `multipart/form-data` body (RFC 7578), read independently of what wrote them. */
function readParts(bytes: Buffer, type: string): GoldenPart[] {
  const boundary = /boundary="?([^";]+)"?/.exec(type)?.[1] ?? ''
  const sections = bytes.toString('latin1').split(`--${boundary}`)
  if (sections.at(-1)?.trim() !== '--') throw new Error('the multipart body has no end')
  return sections.slice(1, -1).map((section) => {
    const end = section.indexOf('\r\n\r\n')
    const head = Buffer.from(section.slice(0, end), 'latin1').toString('utf8')
    const fileName = /;\s*filename="([^"]*)"/i.exec(head)?.[1]
    const contentType = /^content-type:\s*(.+)$/im.exec(head)?.[1]?.trim()
    return {
      name: /;\s*name="([^"]*)"/i.exec(head)?.[1] ?? '',
      ...(fileName === undefined ? {} : { fileName }),
      // a plain field may say text/plain or nothing
      ...(contentType === undefined || fileName === undefined ? {} : { contentType }),
      content: Buffer.from(section.slice(end + 4, -2), 'latin1').toString('utf8'),
    }
  })
}

function sortedParts(parts: readonly GoldenPart[]): GoldenPart[] {
  return parts.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}
