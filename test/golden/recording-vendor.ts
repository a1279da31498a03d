import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request of the hub as the vendor received it. */
export interface VendorRequest {
  method: string
  /** path and query as they stood in the request line */
  url: string
  headers: Record<string, string>
  /** JSON as a value */
  body?: unknown
  /** a form as its fields */
  form?: Record<string, string>
}

export interface VendorReply {
  status: number
  headers: Record<string, string>
  /** sent as JSON; null: nothing */
  body?: unknown
  /** sent as it is */
  text?: string
}

export interface RecordingVendor {
  /** `http://127.0.0.1:…`, for `VALENCE_ORIGIN_MAP` */
  origin: string
  /** what it will answer, in this order; forgets what it received */
  expect(replies: readonly VendorReply[]): void
  received(): VendorRequest[]
  close(): Promise<void>
}

/** Belong to the connection, not to what is said. */
const TRANSPORT = new Set([
  'host',
  'connection',
  'keep-alive',
  'content-length',
  'transfer-encoding',
  'accept-encoding',
  'user-agent',
])

/** A vendor that writes down what it is asked and answers what it is told. */
export async function startRecordingVendor(): Promise<RecordingVendor> {
  let replies: VendorReply[] = []
  let received: VendorRequest[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      const { method = '', url = '', headers } = request
      received.push({ method, url, headers: saidHeaders(headers), ...readBody(text, headers['content-type'] ?? '') })
      const reply = replies.shift() ?? { status: 599, headers: {}, text: 'one request more than the case has' }
      response.writeHead(reply.status, reply.headers)
      response.end(
        reply.text ?? (reply.body === null || reply.body === undefined ? undefined : JSON.stringify(reply.body)),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    expect(given) {
      replies = [...given]
      received = []
    },
    received: () => received,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()))
        server.closeAllConnections()
      }),
  }
}

function saidHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !TRANSPORT.has(name))
      .map(([name, value]) => [name, String(value)]),
  )
}

function readBody(text: string, type: string): Pick<VendorRequest, 'body' | 'form'> {
  if (text === '') return {}
  if (type.includes('x-www-form-urlencoded')) return { form: Object.fromEntries(new URLSearchParams(text)) }
  return { body: JSON.parse(text) }
}
