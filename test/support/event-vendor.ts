import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** One request as the vendor got it. */
export interface VendorRequest {
  method: string
  /** without `/v1` and query */
  path: string
  query: Record<string, string>
  headers: Record<string, string>
  /** JSON as its value, other text as it is, nothing as undefined */
  // biome-ignore lint/suspicious/noExplicitAny: tests read bodies of every shape
  body: any
}

export interface VendorReply {
  status?: number
  body?: unknown
}

export type Row = Record<string, unknown>

/** The vendor of the event element (`event-element.ts`): collections of rows in pages, and whatever a test scripts beside them. */
export interface EventVendor {
  /** `http://127.0.0.1:…/v1` */
  baseUrl: string
  /** What `GET /{collection}` gives from now on, in this order, `per_page` rows on a page from page 1 on; no filter is applied. */
  fill(collection: string, rows: readonly Row[]): void
  /** How `METHOD /path` answers from now on, in place of rows. @param route `GET /contacts` */
  answer(route: string, reply: VendorReply | ((request: VendorRequest) => VendorReply | Promise<VendorReply>)): void
  /** Back to the rows. */
  restore(route: string): void
  /** since the start or the last `take`, in order */
  readonly requests: readonly VendorRequest[]
  take(): VendorRequest[]
  close(): Promise<void>
}

const MOST_ON_A_PAGE = 100

export async function startEventVendor(): Promise<EventVendor> {
  const collections = new Map<string, readonly Row[]>()
  const scripted = new Map<string, VendorReply | ((request: VendorRequest) => VendorReply | Promise<VendorReply>)>()
  let requests: VendorRequest[] = []
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request
    const { pathname, searchParams } = new URL(url, 'http://vendor')
    const asked: VendorRequest = {
      method,
      path: decodeURIComponent(pathname.replace(/^\/v1/, '')),
      query: Object.fromEntries(searchParams),
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
      body: decoded(await text(request)),
    }
    requests.push(asked)
    const script = scripted.get(`${method} ${asked.path}`)
    const { status = 200, body } = (await (typeof script === 'function' ? script(asked) : script)) ?? page(asked)
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(body === undefined ? undefined : JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  function page({ method, path, query }: VendorRequest): VendorReply {
    const rows = method === 'GET' ? collections.get(path.slice(1)) : undefined
    if (!rows) return { status: 404, body: { error: `no ${method} ${path}` } }
    const size = Number(query['per_page'] ?? MOST_ON_A_PAGE)
    const start = (Number(query['page'] ?? 1) - 1) * size
    return { body: rows.slice(start, start + size) }
  }

  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    fill: (collection, rows) => void collections.set(collection, rows),
    answer: (route, reply) => void scripted.set(route, reply),
    restore: (route) => void scripted.delete(route),
    get requests() {
      return requests
    },
    take() {
      const taken = requests
      requests = []
      return taken
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function decoded(given: string): unknown {
  if (given === '') return undefined
  try {
    return JSON.parse(given)
  } catch {
    return given
  }
}
