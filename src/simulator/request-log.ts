import type { Call } from './call.ts'

/** One request that reached a vendor, secrets masked. */
export interface LoggedRequest {
  at: string
  element: string
  method: string
  path: string
  query: Record<string, string>
  headers: Record<string, string>
  body: string
  status: number
  fault?: string
}

export interface RequestLog {
  add(element: string, call: Call, status: number, at: Date, fault: string | undefined): void
  /** newest last; masking happens here, off the path of the calls */
  read(limit: number): LoggedRequest[]
  clear(): void
}

interface Kept {
  element: string
  call: Call
  status: number
  at: Date
  fault: string | undefined
}

const SECRET = /secret|token|password|api_?key|signature|authorization|cookie|^(code|key|pass)$|verifier|nonce/i
const SHOWN_HEADERS = ['authorization', 'content-type', 'accept', 'user-agent']
/** Longer bodies are not kept: the log must stay small, and a cut text could show half a secret. */
const BODY_CHARACTERS = 8192

export function createRequestLog(capacity = 200): RequestLog {
  const kept: Kept[] = []
  let next = 0
  return {
    add(element, call, status, at, fault) {
      const isLong = call.body.length > BODY_CHARACTERS
      const shown = isLong ? { ...call, body: `(${call.body.length} characters)` } : call
      kept[next % capacity] = { element, call: shown, status, at, fault }
      next++
    },
    read(limit) {
      const start = next > capacity ? next % capacity : 0
      const ordered = [...kept.slice(start), ...kept.slice(0, start)]
      return ordered.slice(-Math.min(limit, capacity)).map(masked)
    },
    clear() {
      kept.length = 0
      next = 0
    },
  }
}

function masked({ element, call, status, at, fault }: Kept): LoggedRequest {
  const headers = SHOWN_HEADERS.flatMap((name) => {
    const value = call.headers[name]
    return typeof value === 'string' ? [[name, name === 'authorization' ? maskCredential(value) : value] as const] : []
  })
  return {
    at: at.toISOString(),
    element,
    method: call.method,
    path: call.path,
    query: maskFields(call.query),
    headers: Object.fromEntries(headers),
    body: maskBody(call),
    status,
    ...(fault === undefined ? {} : { fault }),
  }
}

function maskCredential(value: string): string {
  const scheme = /^(\w[\w-]*)\s/.exec(value)?.[1]
  return scheme === undefined ? '********' : `${scheme} ********`
}

function maskFields(fields: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...fields].map(([name, value]) => [name, SECRET.test(name) ? '********' : value]))
}

function maskBody(call: Call): string {
  if (/^application\/x-www-form-urlencoded/i.test(call.headers['content-type'] ?? '')) {
    return new URLSearchParams(maskFields(new URLSearchParams(call.body))).toString()
  }
  return call.body.replace(/"([^"]+)"(\s*:\s*)"(?:[^"\\]|\\.)*"/g, (all, name: string, colon: string) =>
    SECRET.test(name) ? `"${name}"${colon}"********"` : all,
  )
}
