import { createHash } from 'node:crypto'
import type { ContentPart, PartName, SignedRequest } from './declaration.ts'
import { singleHeader } from './single-value.ts'

const PARTS: readonly PartName[] = ['body', 'body:sha256', 'form', 'method', 'path', 'query', 'timestamp', 'url']

/** Those that bind the signature to the payload. */
const PAYLOAD: readonly PartName[] = ['body', 'body:sha256', 'form']

/**
 * `v0:{timestamp}:{body}` as a list of parts. Parts: `{body}` bytes as received, `{body:sha256}` their hash in hex, `{form}` names and
 * values of a form body, sorted by name and joined without anything between (Twilio), `{method}` in upper case, `{url}`,
 * `{path}` with the query, `{query}` without `?`, `{timestamp}` as received, `{header:name}`.
 *
 * @returns the parts, or a sentence that says what is wrong
 */
export function compileContent(template: string): ContentPart[] | string {
  const parts: ContentPart[] = []
  for (const piece of template.split(/(\{[^{}]*\})/)) {
    if (piece === '') continue
    if (!piece.startsWith('{') || !piece.endsWith('}')) {
      if (/[{}]/.test(piece)) return `has a brace without its partner`
      parts.push({ text: piece })
      continue
    }
    const name = piece.slice(1, -1)
    const header = /^header:([\w-]{1,100})$/.exec(name)?.[1]
    if (header !== undefined) parts.push({ header: header.toLowerCase() })
    else if (isPart(name)) parts.push({ name })
    else return `has {${name}}, which is none of ${PARTS.map((part) => `{${part}}`).join(' ')} {header:name}`
  }
  if (!parts.some((part) => 'name' in part && PAYLOAD.includes(part.name))) {
    return 'leaves the body out: what it does not sign, anybody can change. Add {body}, {body:sha256} or {form}'
  }
  return parts
}

export function hasPart(parts: readonly ContentPart[], name: PartName): boolean {
  return parts.some((part) => 'name' in part && part.name === name)
}

function isPart(name: string): name is PartName {
  return (PARTS as readonly string[]).includes(name)
}

/**
 * The bytes that the vendor signed.
 * @param timestamp as received
 * @throws Refusal for a header that is missing or there twice
 */
export function signedContent(
  parts: readonly ContentPart[],
  request: SignedRequest,
  timestamp: string | undefined,
): Buffer {
  return Buffer.concat(
    parts.map((part) => {
      if ('text' in part) return Buffer.from(part.text)
      if ('header' in part) return Buffer.from(singleHeader(request, part.header))
      return part.name === 'body' ? request.body : Buffer.from(textOf(part.name, request, timestamp))
    }),
  )
}

function textOf(name: Exclude<PartName, 'body'>, request: SignedRequest, timestamp: string | undefined): string {
  // the address as received: parsing would rewrite what the vendor signed
  const path = request.url.replace(/^[a-z]+:\/\/[^/?#]*/i, '') || '/'
  switch (name) {
    case 'body:sha256':
      return createHash('sha256').update(request.body).digest('hex')
    case 'form':
      return formText(request.body)
    case 'method':
      return request.method.toUpperCase()
    case 'path':
      return path
    case 'query':
      return path.includes('?') ? path.slice(path.indexOf('?') + 1) : ''
    case 'timestamp':
      return timestamp ?? ''
    case 'url':
      return request.url
  }
}

function formText(body: Buffer): string {
  const fields = [...new URLSearchParams(body.toString('utf8'))]
  return fields
    .toSorted(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))
    .map(([name, value]) => name + value)
    .join('')
}
