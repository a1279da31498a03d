import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request as the vendor got it. */
export interface Received {
  /** `POST /login?a=1` */
  line: string
  headers: Record<string, string>
  /** a form as its fields, JSON as its value, nothing as undefined */
  body: unknown
}

export interface VendorAnswer {
  status?: number
  headers?: Record<string, string>
  /** sent as JSON */
  body?: unknown
}

export type AnswerOf = (request: Received) => VendorAnswer | Promise<VendorAnswer>

export interface ScriptedVendor {
  /** `http://127.0.0.1:…`, for VALENCE_ORIGIN_MAP */
  origin: string
  /** @param route `POST /login`, without the query */
  answer(route: string, answer: VendorAnswer | AnswerOf): void
  /** everything since the last call of this */
  take(): Received[]
  close(): Promise<void>
}

/** A vendor that answers each route as it was told last, everything else with 404, and writes down what it is asked. */
export async function startScriptedVendor(): Promise<ScriptedVendor> {
  const routes = new Map<string, VendorAnswer | AnswerOf>()
  let received: Received[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', async () => {
      const { method = '', url = '', headers } = request
      const asked: Received = {
        line: `${method} ${url}`,
        headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
        body: bodyOf(Buffer.concat(chunks).toString(), headers['content-type'] ?? ''),
      }
      received.push(asked)
      const route = routes.get(`${method} ${url.split('?')[0]}`) ?? { status: 404, body: { error: 'no such route' } }
      const { status = 200, headers: own, body } = typeof route === 'function' ? await route(asked) : route
      response.writeHead(status, { 'content-type': 'application/json', ...own })
      response.end(body === undefined ? undefined : JSON.stringify(body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer: (route, answer) => void routes.set(route, answer),
    take() {
      const taken = received
      received = []
      return taken
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function bodyOf(text: string, type: string): unknown {
  if (text === '') return undefined
  return type.includes('x-www-form-urlencoded') ? Object.fromEntries(new URLSearchParams(text)) : JSON.parse(text)
}
