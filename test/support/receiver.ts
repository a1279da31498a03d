import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { vi } from 'vitest'

/** One request as it came in. */
export interface Delivery {
  /** 1, 2, 3 … over all inboxes of the receiver, in order of arrival */
  order: number
  arrivedAt: Date
  method: string
  /** path and query */
  url: string
  /** lower-case names; repeated ones joined by `, ` */
  headers: Record<string, string>
  /** names as they were written, name after value after name */
  rawHeaders: string[]
  /** the exact bytes */
  body: Buffer
  /** of the body; undefined when it is none */
  // biome-ignore lint/suspicious/noExplicitAny: tests read payloads of every shape
  json: any
}

/** `hang`: takes the request and never answers. `reset`: takes it and breaks the connection. A number is a status. */
export type Behaviour = number | 'hang' | 'reset' | { status: number; headers?: Record<string, string>; body?: string }

/** One address of the receiver, so that the tests of a file do not read each other's mail. Answers 200 until told otherwise. */
export interface Inbox {
  /** `http://127.0.0.1:…/inbox-1` */
  readonly url: string
  /** everything that arrived, also what was answered with an error */
  readonly received: readonly Delivery[]
  /** How it answers from now on; a function chooses for each request. */
  answer(behaviour: Behaviour | ((delivery: Delivery) => Behaviour)): void
  /** Resolves when at least so many have arrived. @throws with what did arrive after the limit, 10 s */
  arrived(count: number, limitMs?: number): Promise<readonly Delivery[]>
  /** The first that satisfies the condition. @throws with what did arrive after the limit, 10 s */
  one(condition: (delivery: Delivery) => boolean, limitMs?: number): Promise<Delivery>
  /** Forgets what arrived. */
  clear(): void
}

export interface Receiver {
  /** `http://127.0.0.1:…` */
  origin: string
  inbox(): Inbox
  close(): Promise<void>
}

/** Who hears of events: a server of the customer on 127.0.0.1. Hubs that shall reach it need `VALENCE_EGRESS_ALLOW: '127.0.0.1'`. */
export async function startReceiver(): Promise<Receiver> {
  const inboxes = new Map<string, { received: Delivery[]; behaviour: (delivery: Delivery) => Behaviour }>()
  let order = 0
  const server = createServer(async (request, response) => {
    const body = await buffer(request).catch(() => undefined)
    if (!body) return
    const inbox = inboxes.get((request.url ?? '').split(/[/?]/)[1] ?? '')
    if (!inbox) return void response.writeHead(404).end()
    const delivery = read(request, body, ++order)
    inbox.received.push(delivery)
    behave(inbox.behaviour(delivery), request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    origin,
    inbox() {
      const name = `inbox-${inboxes.size + 1}`
      const inbox = { received: [] as Delivery[], behaviour: (): Behaviour => 200 }
      inboxes.set(name, inbox)
      return {
        url: `${origin}/${name}`,
        received: inbox.received,
        answer: (behaviour) =>
          void Object.assign(inbox, { behaviour: typeof behaviour === 'function' ? behaviour : () => behaviour }),
        async arrived(count, limitMs = 10_000) {
          const enough = () => {
            if (inbox.received.length < count)
              throw new Error(`${count} deliveries expected, got ${show(inbox.received)}`)
          }
          await vi.waitFor(enough, { timeout: limitMs, interval: 20 })
          return inbox.received
        },
        one: (condition, limitMs = 10_000) =>
          vi.waitFor(
            () => {
              const found = inbox.received.find(condition)
              if (!found) throw new Error(`no delivery is as expected: ${show(inbox.received)}`)
              return found
            },
            { timeout: limitMs, interval: 20 },
          ),
        clear: () => void inbox.received.splice(0),
      }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function read(request: IncomingMessage, body: Buffer, order: number): Delivery {
  const { method = '', url = '', headers, rawHeaders } = request
  return {
    order,
    arrivedAt: new Date(),
    method,
    url,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    rawHeaders,
    body,
    json: parsed(body.toString()),
  }
}

function behave(behaviour: Behaviour, request: IncomingMessage, response: ServerResponse): void {
  if (behaviour === 'hang') return
  if (behaviour === 'reset') return void request.socket.destroy()
  const { status, headers = {}, body = '' } = typeof behaviour === 'number' ? { status: behaviour } : behaviour
  response.writeHead(status, headers).end(body)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function show(received: readonly Delivery[]): string {
  return `${received.length}: ${received.map(({ method, url, body }) => `${method} ${url} ${body.toString().slice(0, 500)}`).join('\n')}`
}
