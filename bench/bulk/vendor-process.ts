import { createServer, type IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { serveParent } from '../parent.ts'
import { type Contact, canonical, contactAt, createRowDigest, keptContact, numberOf } from './contacts.ts'

/**
 * Base CRM as the bench needs it: a million contacts that are computed when they are asked for, and a record of what is written that
 * takes a byte for each of them. Arguments: how many contacts, ms that a page takes, ms that a write takes. Beside Base's own paths:
 *
 * - `GET /record`: what was written since the last `POST /record/reset`, as `VendorRecord`
 * - `GET /record/counts`: for each contact, as a byte, how often it was written
 * - `GET /progress`: how far it was read since the last `POST /progress/reset`, and how much was written, as `VendorProgress`
 */
export interface VendorRecord {
  written: number
  /** contacts that are not what was served under their number, and the first few of them */
  changed: number
  examples: { written: unknown; expected: unknown }[]
  digest: string
}

/** In rows. */
export interface VendorProgress {
  /** the last one that was asked for */
  read: number
  written: number
}

const EXAMPLES = 3
const PAGE_MAX = 100
const BASE = 'https://api.getbase.com/v2/contacts'
const TOKENS = JSON.stringify({
  access_token: 'bench-access',
  refresh_token: 'bench-refresh',
  token_type: 'bearer',
  expires_in: 86_400,
})

const [rows = 0, pageMs = 0, writeMs = 0] = process.argv.slice(2).map(Number)
let read = 0
let counts = Buffer.alloc(rows)
let record = newRecord()

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', BASE)
  const call = `${request.method} ${pathname}`
  const answer = await answerTo(call, searchParams, request)
  const ms = call === 'GET /v2/contacts' ? pageMs : call === 'POST /v2/contacts' ? writeMs : 0
  if (ms > 0) await wait(ms)
  response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(answer ?? '{}')
})
await serveParent(server)

async function answerTo(call: string, query: URLSearchParams, request: IncomingMessage) {
  if (call === 'GET /v2/contacts') return pageOf(query)
  if (call === 'POST /v2/contacts') return take(JSON.parse((await buffer(request)).toString('utf8')))
  request.resume()
  if (call === 'POST /oauth2/token') return TOKENS
  if (call === 'GET /record') return JSON.stringify({ ...record.facts, digest: record.digest.hex() })
  if (call === 'GET /record/counts') return counts
  if (call === 'GET /progress') return JSON.stringify({ read, written: record.facts.written })
  if (call === 'POST /progress/reset') {
    read = 0
    return '{}'
  }
  if (call !== 'POST /record/reset') return undefined
  record = newRecord()
  counts = Buffer.alloc(rows)
  return '{}'
}

function pageOf(query: URLSearchParams): string {
  const size = Math.min(Number(query.get('per_page') ?? 25), PAGE_MAX)
  const page = Number(query.get('page') ?? 1)
  const last = Math.min(page * size, rows)
  read = Math.max(read, last)
  const items: string[] = []
  for (let number = (page - 1) * size; number < last; number++)
    items.push(`{"data":${JSON.stringify(contactAt(number))},"meta":{"type":"contact","version":1}}`)
  const links = { self: `${BASE}?page=${page}`, ...(last < rows ? { next_page: `${BASE}?page=${page + 1}` } : {}) }
  return `{"items":[${items}],"meta":${JSON.stringify({ type: 'collection', count: items.length, links })}}`
}

function take({ data }: { data: Contact }): string {
  const { facts, digest } = record
  const number = numberOf(data)
  const expected = number === undefined ? undefined : keptContact(number)
  facts.written++
  digest.add(data)
  if (number !== undefined && number < rows) counts[number] = Math.min((counts[number] ?? 0) + 1, 255)
  if (expected === undefined || canonical(data) !== canonical(expected)) {
    facts.changed++
    if (facts.examples.length < EXAMPLES) facts.examples.push({ written: data, expected })
  }
  return JSON.stringify({ data, meta: { type: 'contact' } })
}

function newRecord() {
  const facts: Omit<VendorRecord, 'digest'> = { written: 0, changed: 0, examples: [] }
  return { facts, digest: createRowDigest() }
}
