import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** One request as the vendor got it. */
export interface VendorCall {
  method: string
  /** without `/v1` and query */
  path: string
  query: Record<string, string>
  headers: Record<string, string>
  /** of JSON its value; nothing as undefined */
  // biome-ignore lint/suspicious/noExplicitAny: tests read bodies of every shape
  body: any
}

export interface VendorReply {
  status?: number
  headers?: Record<string, string>
  body?: unknown
  /** in place of JSON */
  text?: string
  /** no answer: the connection breaks */
  isBroken?: boolean
}

export type Row = Record<string, unknown>

/** undefined leaves the answer to the rows */
type Script = (call: VendorCall) => VendorReply | undefined | Promise<VendorReply | undefined>

/**
 * The vendor of the bulk element (`bulk-element.ts`): collections of rows that can be listed in pages, filtered (`filter`: comparisons
 * joined by `and`), read, added to, changed and deleted, and what a test scripts in place of it.
 */
export interface BulkVendor {
  /** `http://127.0.0.1:…/v1` */
  baseUrl: string
  /** The rows of a collection from now on; without rows, what is there. */
  rows(collection: string, rows?: readonly Row[]): Row[]
  /** What answers `METHOD /collection` from now on, before the rows do. @param route also with an id: `PATCH /contacts` */
  script(route: string, script: Script): void
  /** No scripts, no rows, no requests. */
  reset(): void
  /** since the start, the last `reset` or the last `take`, in order */
  readonly calls: readonly VendorCall[]
  take(): VendorCall[]
  close(): Promise<void>
}

const MOST_ON_A_PAGE = 100

export async function startBulkVendor(): Promise<BulkVendor> {
  const collections = new Map<string, Row[]>()
  const scripts = new Map<string, Script>()
  let calls: VendorCall[] = []
  let made = 0
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request
    const { pathname, searchParams } = new URL(url, 'http://vendor')
    const given = await text(request).catch(() => undefined)
    if (given === undefined) return
    const call: VendorCall = {
      method,
      path: decodeURIComponent(pathname.replace(/^\/v1/, '')),
      query: Object.fromEntries(searchParams),
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
      body: given === '' ? undefined : JSON.parse(given),
    }
    calls.push(call)
    const [, collection = '', id] = call.path.split('/')
    const scripted = await scripts.get(`${method} /${collection}`)?.(call)
    const { status = 200, headers: more, body, text: plain, isBroken } = scripted ?? answer(call, collection, id)
    if (isBroken) return void request.socket.destroy()
    response.writeHead(status, { 'content-type': plain === undefined ? 'application/json' : 'text/plain', ...more })
    response.end(plain ?? (body === undefined ? undefined : JSON.stringify(body)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  function answer({ method, query, body }: VendorCall, collection: string, id: string | undefined): VendorReply {
    const rows = collections.get(collection) ?? []
    if (id === undefined) {
      if (method === 'GET') return page(rows, query)
      if (method !== 'POST') return { status: 405 }
      const row = { id: `new-${++made}`, ...body }
      collections.set(collection, [...rows, row])
      return { status: 201, body: row }
    }
    const place = rows.findIndex((row) => String(row['id']) === id)
    if (place < 0) return { status: 404, body: { error: `no ${id} among ${collection}` } }
    if (method === 'DELETE') {
      collections.set(
        collection,
        rows.filter((_, index) => index !== place),
      )
      return { status: 204 }
    }
    if (method === 'PATCH') rows[place] = { ...rows[place], ...body }
    if (method === 'PUT') rows[place] = { id: rows[place]?.['id'], ...body }
    return { body: rows[place] }
  }

  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    rows(collection, rows) {
      if (rows) collections.set(collection, [...rows])
      return collections.get(collection) ?? []
    },
    script: (route, script) => void scripts.set(route, script),
    reset() {
      collections.clear()
      scripts.clear()
      calls = []
    },
    get calls() {
      return calls
    },
    take() {
      const taken = calls
      calls = []
      return taken
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function page(rows: readonly Row[], query: Record<string, string>): VendorReply {
  const size = Math.min(Number(query['per_page'] ?? MOST_ON_A_PAGE), MOST_ON_A_PAGE)
  const start = (Number(query['page'] ?? 1) - 1) * size
  const found = query['filter'] ? rows.filter((row) => satisfies(row, query['filter'] ?? '')) : rows
  return { body: found.slice(start, start + size) }
}

function satisfies(row: Row, filter: string): boolean {
  return filter
    .replace(/[()]/g, '')
    .split(/\s+and\s+/i)
    .every((condition) => {
      const [, name = '', operator = '', value = ''] =
        /^\s*(\S+?)\s*(>=|<=|!=|=|>|<)\s*'?(.*?)'?\s*$/.exec(condition) ?? []
      const found = name.split('.').reduce<unknown>((value, key) => (value as Row | undefined)?.[key], row)
      return compare(String(found ?? ''), operator, value.replaceAll("''", "'"))
    })
}

function compare(found: string, operator: string, value: string): boolean {
  if (operator === '=') return found === value
  if (operator === '!=') return found !== value
  if (operator === '>') return found > value
  if (operator === '<') return found < value
  return operator === '>=' ? found >= value : found <= value
}
