import type { Call } from './call.ts'

/** One request that reached a vendor. */
export interface LoggedRequest {
  at: string
  /** the vendor's name */
  element: string
  method: string
  /** as the vendor sees it, percent-encoded */
  path: string
  /** path and query as they came, names and values in their order */
  url: string
  query: Record<string, string>
  headers: Record<string, string>
  /** as text; a multipart form as JSON of its fields and files; a file as its size */
  body: string
  status: number
  fault?: string
}

export interface RequestLog {
  add(element: string, call: Call, status: number, at: Date, fault: string | undefined): void
  /**
   * Newest last; masking happens here, off the path of the calls.
   * @param secrets `shown`: as they came, for tests in the same process; the control path never does that
   */
  read(limit: number, secrets?: 'masked' | 'shown'): LoggedRequest[]
  clear(): void
}

interface Kept {
  element: string
  call: Call
  status: number
  at: Date
  fault: string | undefined
}

const SECRET =
  /secret|token|passw|pwd|api[-_]?key|app[-_]?key|access[-_]?key|integration-key|signature|authorization|cookie|credential|session|ticket|jwt|assertion|^x-.*(key|auth)|^(code|key|pass)$|verifier|nonce/i
const MASK = '********'
/** Longer bodies are not kept: the log must stay small, and a cut text could show half a secret. */
const BODY_CHARACTERS = 65_536
const HEADER_CHARACTERS = 2_000

export function createRequestLog(capacity = 200): RequestLog {
  const kept: Kept[] = []
  let next = 0
  return {
    add(element, call, status, at, fault) {
      const { body, fields } = call
      const isLong = body.length > BODY_CHARACTERS || fields.some(([, value]) => value.length > BODY_CHARACTERS)
      const shown = isLong
        ? { ...call, fields: fields.map(cutField), body: body && `(${body.length} characters)` }
        : call
      kept[next % capacity] = { element, call: shown, status, at, fault }
      next++
    },
    read(limit, secrets = 'masked') {
      const start = next > capacity ? next % capacity : 0
      const ordered = [...kept.slice(start), ...kept.slice(0, start)]
      return ordered.slice(-Math.min(limit, capacity)).map((one) => shownRequest(one, secrets === 'masked'))
    },
    clear() {
      kept.length = 0
      next = 0
    },
  }
}

function cutField([name, value]: readonly [string, string]): [string, string] {
  return [name, value.length > 1000 ? `(${value.length} characters)` : value]
}

function shownRequest({ element, call, status, at, fault }: Kept, isMasked: boolean): LoggedRequest {
  const query = call.queryText
    .split('&')
    .map((part) => (isMasked ? maskPair(part) : part))
    .join('&')
  return {
    at: at.toISOString(),
    element,
    method: call.method,
    path: call.path,
    url: query === '' ? call.path : `${call.path}?${query}`,
    query: Object.fromEntries([...call.query].map(([name, value]) => [name, isMasked ? masked(name, value) : value])),
    headers: shownHeaders(call, isMasked),
    body: shownBody(call, isMasked),
    status,
    ...(fault === undefined ? {} : { fault }),
  }
}

function shownHeaders({ headers }: Call, isMasked: boolean): Record<string, string> {
  const shown = Object.entries(headers).flatMap(([name, value]) => {
    const text = (Array.isArray(value) ? value.join(', ') : (value ?? '')).slice(0, HEADER_CHARACTERS)
    if (!isMasked || !SECRET.test(name)) return [[name, text] as const]
    return [[name, name === 'authorization' ? maskCredential(text) : MASK] as const]
  })
  return Object.fromEntries(shown)
}

function masked(name: string, value: string): string {
  return SECRET.test(name) ? MASK : value
}

/** `name=value` of a query or a form, still encoded. */
function maskPair(part: string): string {
  const equals = part.indexOf('=')
  return equals >= 0 && SECRET.test(part.slice(0, equals)) ? `${part.slice(0, equals)}=${MASK}` : part
}

function maskCredential(value: string): string {
  const scheme = /^(\w[\w-]*)\s/.exec(value)?.[1]
  return scheme === undefined ? MASK : `${scheme} ${MASK}`
}

function shownBody(call: Call, isMasked: boolean): string {
  if (call.fields.length > 0 || call.uploads.some(({ field }) => field !== '')) {
    const fields = call.fields.map(([name, value]) => ({ name, value: isMasked ? masked(name, value) : value }))
    return JSON.stringify({ fields, files: call.uploads }).slice(0, BODY_CHARACTERS)
  }
  const [file] = call.uploads
  if (file) return `(${file.sizeBytes} bytes of ${file.contentType})`
  return isMasked ? maskBody(call) : call.body
}

function maskBody(call: Call): string {
  if (/^application\/x-www-form-urlencoded/i.test(call.headers['content-type'] ?? '')) {
    return call.body.split('&').map(maskPair).join('&')
  }
  const json = call.body.replace(
    /"([^"\n]{1,100})"(\s{0,10}:\s{0,10})"(?:[^"\\]|\\.)*"/g,
    (all, name: string, colon: string) => (SECRET.test(name) ? `"${name}"${colon}"${MASK}"` : all),
  )
  if (!json.trimStart().startsWith('<')) return json
  return json.replace(/<((?:[\w-]+:)?([\w-]+))>([^<]*)<\//g, (all, tag: string, name: string) =>
    SECRET.test(name) ? `<${tag}>${MASK}</` : all,
  )
}
