import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Simulator } from '../../../src/simulator/simulator.ts'

/** One request that left the hub, and what it was answered. */
export interface Arrival {
  /** where it came in: `simulator:<vendor>` or the true origin of a host that is not simulated */
  door: string
  method: string
  /** path and query below that door */
  target: string
  headers: Record<string, string>
  body: Buffer
  reply: { status: number; headers: Record<string, string>; body: Buffer }
}

export interface CraftedAnswer {
  contentType: string
  text: string
}

export interface Arrivals {
  /** the next requests are answered this instead of asking the simulator; undefined: the simulator again */
  answerWith(answer: CraftedAnswer | undefined): void
  /** all since the last call of this, in order */
  take(): Arrival[]
}

type Handle = (request: IncomingMessage, response: ServerResponse) => void

/** Writes down what passes through a handler, both ways, without touching it. */
function recorded(handle: Handle, list: Arrival[], doorOf: (url: string) => [door: string, target: string]): Handle {
  return (request, response) => {
    const [door, target] = doorOf(request.url ?? '/')
    const sent: Buffer[] = []
    const answered: Buffer[] = []
    const write = response.write.bind(response) as (...given: unknown[]) => boolean
    const end = response.end.bind(response) as (...given: unknown[]) => ServerResponse
    response.write = ((chunk: unknown, ...more: unknown[]) => {
      keep(answered, chunk)
      return write(chunk, ...more)
    }) as typeof response.write
    response.end = ((chunk: unknown, ...more: unknown[]) => {
      keep(answered, chunk)
      list.push({
        door,
        method: request.method ?? '',
        target,
        headers: texts(request.headers),
        get body() {
          // a vendor may answer before it has read everything
          return Buffer.concat(sent)
        },
        reply: { status: response.statusCode, headers: texts(response.getHeaders()), body: Buffer.concat(answered) },
      })
      return end(chunk, ...more)
    }) as typeof response.end
    // the handler attaches its own listener in the same turn
    request.on('data', (chunk: Buffer) => sent.push(chunk))
    handle(request, response)
  }
}

function keep(chunks: Buffer[], chunk: unknown): void {
  if (typeof chunk === 'string' || chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk as Uint8Array))
}

function texts(headers: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]))
}

/** @returns what reaches the hub's own simulator */
export function recordSimulator(simulator: Simulator, list: Arrival[]): Arrivals {
  let crafted: CraftedAnswer | undefined
  const { handle } = simulator
  const answer: Handle = (request, response) => {
    if (!crafted) return handle(request, response)
    const { contentType, text } = crafted
    request.on('end', () => response.writeHead(200, { 'content-type': contentType }).end(text))
  }
  simulator.handle = recorded(answer, list, (url) => {
    const [, name = '', target = '/'] = /^\/([^/?]+)(.*)$/.exec(url) ?? []
    return [`simulator:${decodeURIComponent(name)}`, target === '' ? '/' : target]
  })
  return {
    take: () => list.splice(0),
    answerWith(given) {
      crafted = given
    },
  }
}

/** Stands for every other host, so that nothing leaves this machine; answers an empty JSON object. */
export async function startElsewhere(origins: readonly string[], list: Arrival[]) {
  const answer: Handle = (request, response) => {
    request.resume()
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'))
  }
  const handle = recorded(answer, list, (url) => {
    const [, index = '', target = ''] = /^\/(\d+)(.*)$/.exec(url) ?? []
    return [origins[Number(index)] ?? 'nowhere', target]
  })
  const server = createServer(handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    /** value of VALENCE_ORIGIN_MAP */
    originMap: origins.map((origin, index) => `${origin}=http://127.0.0.1:${port}/${index}`).join(','),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
