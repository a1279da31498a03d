import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import type { Answer, TestHub } from './hub.ts'

export interface RawRequest {
  method?: string
  /** whole, from `/elements/api-v2` on; sent as it is written */
  path: string
  /** names are sent in the letters given; nothing is added, not even a Content-Type */
  headers?: Record<string, string>
  body?: string | Uint8Array
}

/** A request that `fetch` would tidy up before it sends it. */
export function sendRaw({ hub }: TestHub, { method = 'GET', path, headers = {}, body }: RawRequest): Promise<Answer> {
  const { hostname, port } = new URL(hub.url)
  const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }
  return new Promise((resolve, reject) => {
    const sent = { ...headers, ...length }
    const request = httpRequest({ hostname, port, method, path, headers: sent, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve(toAnswer(response.statusCode ?? 0, response.headers, text)))
    })
    request.on('error', reject).end(body)
  })
}

/** What comes back for bytes that need not be HTTP; the connection ends with the answer. */
export function sendBytes({ hub }: TestHub, bytes: string): Promise<Answer> {
  const { hostname, port } = new URL(hub.url)
  return new Promise((resolve, reject) => {
    let received = ''
    const socket = connect(Number(port), hostname, () => socket.write(bytes))
    socket.setEncoding('utf8').on('data', (chunk) => {
      received += chunk
    })
    socket.on('error', reject).on('close', () => {
      const [head = '', text = ''] = received.split('\r\n\r\n', 2)
      const [line = '', ...lines] = head.split('\r\n')
      const headers = Object.fromEntries(lines.map((one) => one.split(/:\s*/, 2) as [string, string]))
      resolve(toAnswer(Number(line.split(' ')[1]), headers, text))
    })
  })
}

function toAnswer(status: number, given: IncomingHttpHeaders, text: string): Answer {
  const headers = new Headers(Object.entries(given).map(([name, value]) => [name, String(value)] as [string, string]))
  const isJson = headers.get('content-type')?.includes('json') && text !== ''
  return { status, headers, body: isJson ? JSON.parse(text) : undefined, text }
}
