import { parseWhere } from '../../src/ceql/parse.ts'
import { ValenceError } from '../../src/errors.ts'
import type { CallInstance } from '../../src/instances/call.ts'
import type { Element } from '../../src/model/element.ts'
import type { ResourceCall, ResourceReply } from '../../src/model/exchange.ts'
import { elementOf, parameter, resource } from './engine.ts'

/** An element with one object, `contacts`, whose list takes a `where`. */
export function contactsElement(parts: Partial<Element> = {}): Element {
  const where = parameter('query where', 'query q')
  return elementOf({
    resources: [
      resource('GET', '/contacts', { parameters: [where] }),
      resource('POST', '/contacts'),
      resource('GET', '/contacts/{id}'),
      resource('PATCH', '/contacts/{id}'),
      resource('DELETE', '/contacts/{id}'),
    ],
    ...parts,
  })
}

type Row = Record<string, unknown>

/** What the vendor does with a write: `ok`, an answer, or no answer although it may have acted. */
export type Reaction =
  | 'ok'
  | { status: number; message: string; retryAfter?: string }
  | { lost: 'before it was sent' | 'after it was written' | 'without being written' }

export interface SentWrite {
  line: string
  body: unknown
  /** the vendor acted on it */
  isWritten: boolean
  /** it answered that it did not, or was never reached */
  isSurelyUnwritten: boolean
}

/**
 * A vendor of contacts behind `context.call`: what it has, what was sent to it, and how it reacts.
 * @param options `react` to a write; `before` any answer, e.g. to wait
 */
export function rowVendor(
  options: {
    records?: Row[]
    fields?: { path: string; type: string }[]
    react?(body: unknown, line: string): Reaction
    before?(line: string, body: unknown): Promise<void> | undefined
  } = {},
) {
  const records = new Map<string, Row>((options.records ?? []).map((record) => [String(record['id']), record]))
  const sent: SentWrite[] = []
  const lines: string[] = []
  let lastId = 100
  const neverSent = new WeakSet<Error>()

  const call: CallInstance = async (_caller, instance, asked) => {
    const line = `${asked.method} ${asked.path}`
    if (asked.path.startsWith('/objects/')) return reply({ fields: (options.fields ?? []).map(asField) })
    const search = asked.query['where'] === undefined ? '' : `?where=${asked.query['where']}`
    lines.push(`${line}${search}`)
    const found = instance.plan.resources.find(asked.method, asked.path)
    if (!found) throw new ValenceError('RESOURCE_UNKNOWN', `Acme has no resource ${asked.path}`)
    const { facts } = asked
    if (facts) facts.resource = facts.vendorResource = found.value.resource
    if (facts) facts.vendorMethod = asked.method
    const write: SentWrite = { line, body: asked.body, isWritten: false, isSurelyUnwritten: false }
    if (asked.method !== 'GET') sent.push(write)
    const waiting = options.before?.(line, asked.body)
    if (waiting) await waiting
    if (asked.method === 'GET') return list(asked)
    const reaction = options.react?.(asked.body, line) ?? 'ok'
    write.isWritten = reaction === 'ok' || ('lost' in reaction && reaction.lost === 'after it was written')
    if (write.isWritten) act(asked)
    if (reaction === 'ok') return reply({ id: lastId })
    write.isSurelyUnwritten = 'status' in reaction || reaction.lost === 'before it was sent'
    if ('status' in reaction) throw refusal(reaction)
    const error = new ValenceError('VENDOR_UNREACHABLE', 'api.acme.test cannot be reached: the connection broke off')
    if (reaction.lost === 'before it was sent') neverSent.add(error)
    throw error
  }

  function act({ method, path, body }: ResourceCall): void {
    const id = decodeURIComponent(path.split('/')[2] ?? '')
    if (method === 'POST') {
      const row = body as Row
      records.set(String(row['id'] ?? ++lastId), { id: lastId, ...row })
      return
    }
    const record = records.get(id)
    if (!record) throw refusal({ status: 404, message: 'no such contact' })
    if (method === 'DELETE') records.delete(id)
    else records.set(id, { ...record, ...(body as Row) })
  }

  function list({ query }: ResourceCall): ResourceReply {
    const where = parseWhere(String(query['where'] ?? ''))
    if (where?.kind !== 'comparison') return reply([...records.values()])
    const wanted = where.value.text.toLowerCase()
    return reply([...records.values()].filter((record) => String(record[where.attribute]).toLowerCase() === wanted))
  }

  return { call, records, sent, lines, isBeforeSend: (error: unknown) => neverSent.has(error as Error) }
}

export function refusal({ status, message, retryAfter }: { status: number; message: string; retryAfter?: string }) {
  return new ValenceError('VENDOR_FAILED', 'Request failed', {
    status: status >= 500 ? 502 : status,
    vendorStatus: status,
    providerMessage: JSON.stringify({ message }),
    headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
  })
}

function asField({ path, type }: { path: string; type: string }) {
  return { path, vendorPath: path, type }
}

function reply(body: unknown): ResourceReply {
  return { status: 200, headers: {}, body }
}
