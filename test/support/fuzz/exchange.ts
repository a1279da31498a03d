import { connect } from 'node:net'

/** What came back on one connection that the client opened for one request. */
export interface Exchange {
  /** each answer that the bytes provoked; more than one where what was sent reads as several requests */
  answers: RawAnswer[]
  /** bytes after the last whole answer */
  rest: string
  ms: number
  /** the connection was given up: nothing came for so long */
  timedOut: boolean
}

export interface RawAnswer {
  status: number
  /** names in lower case; of repeated ones all values */
  headers: ReadonlyMap<string, string>
  head: string
  body: string
}

export interface ExchangeOptions {
  /** the client says that it sends no more, this long after the last byte */
  endAfterMs?: number
  timeoutMs: number
}

/** Sends bytes as they are and reads to the end of the connection. */
export function exchange(
  { hostname, port }: URL,
  bytes: Buffer,
  method: string,
  { endAfterMs, timeoutMs }: ExchangeOptions,
): Promise<Exchange> {
  const start = performance.now()
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let timedOut = false
    const socket = connect(Number(port), hostname, () => {
      socket.write(bytes)
      if (endAfterMs !== undefined) setTimeout(() => socket.end(), endAfterMs)
    })
    const timer = setTimeout(() => {
      timedOut = true
      socket.destroy()
    }, timeoutMs)
    socket.on('data', (chunk) => chunks.push(chunk))
    // a reset is what a server does that reads no further; what it said before counts
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      clearTimeout(timer)
      const ms = performance.now() - start
      resolve({ ...readAnswers(Buffer.concat(chunks).toString('latin1'), method), ms, timedOut })
    })
  })
}

/** @param text of the connection, one character a byte */
function readAnswers(text: string, method: string): Pick<Exchange, 'answers' | 'rest'> {
  const answers: RawAnswer[] = []
  let rest = text
  while (rest !== '') {
    const answer = readAnswer(rest, answers.length === 0 ? method : 'GET')
    if (!answer) break
    // an interim answer is none
    if (answer.status >= 200) answers.push(answer)
    rest = rest.slice(answer.length)
  }
  return { answers, rest }
}

function readAnswer(text: string, method: string): (RawAnswer & { length: number }) | undefined {
  const end = text.indexOf('\r\n\r\n')
  const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(text) ?? []
  if (end < 0 || status === undefined) return undefined
  const head = text.slice(0, end)
  const headers = headersOf(head)
  const start = end + 4
  const isBare = method === 'HEAD' || status.startsWith('1') || status === '204' || status === '304'
  const body = isBare ? { text: '', length: 0 } : bodyAt(text.slice(start), headers)
  if (!body) return undefined
  const bytes = Buffer.from(body.text, 'latin1').toString('utf8')
  return { status: Number(status), headers, head, body: bytes, length: start + body.length }
}

function headersOf(head: string): Map<string, string> {
  const headers = new Map<string, string>()
  for (const line of head.split('\r\n').slice(1)) {
    const at = line.indexOf(':')
    const [name, value] = [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()]
    headers.set(name, headers.has(name) ? `${headers.get(name)}, ${value}` : value)
  }
  return headers
}

function bodyAt(text: string, headers: ReadonlyMap<string, string>): { text: string; length: number } | undefined {
  if (headers.get('transfer-encoding') === 'chunked') return chunksAt(text)
  const length = headers.get('content-length')
  if (length === undefined) return { text, length: text.length }
  return text.length < Number(length) ? undefined : { text: text.slice(0, Number(length)), length: Number(length) }
}

function chunksAt(text: string): { text: string; length: number } | undefined {
  let [at, whole] = [0, '']
  for (;;) {
    const line = text.indexOf('\r\n', at)
    if (line < 0) return undefined
    const size = Number.parseInt(text.slice(at, line), 16)
    const start = line + 2
    if (!(size >= 0) || text.length < start + size + 2) return undefined
    if (size === 0) return { text: whole, length: start + 2 }
    whole += text.slice(start, start + size)
    at = start + size + 2
  }
}
