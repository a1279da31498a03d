/**
 * Who receives the events of Valence: a small server without dependencies. It checks both signatures over the bytes as they came,
 * does the work once for each event, and answers 200 when it is done. Start it with
 * `SIGNATURE_KEYS=my-key npm exec -- node examples/receiver/receiver.ts`.
 *
 * SIGNATURE_KEYS  the instance's `event.notification.signature.key`; while it is being replaced the new and the old one, with a comma
 * PORT            where it listens, 9000 by default; 0 takes a free one
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

const keys = (process.env['SIGNATURE_KEYS'] ?? '').split(',').filter((key) => key !== '')
const port = Number(process.env['PORT'] ?? 9000)
if (keys.length === 0) throw new Error('SIGNATURE_KEYS: at least one key is needed, or anybody could send events')

const MAX_BYTES = 10 * 1024 * 1024
/** How far the clocks of hub and receiver may be apart; what is older is somebody's recording. */
const TOLERANCE_SECONDS = 300

interface Notification {
  id: string
  topic: string
  message: { eventId: string; instanceId: number; events: ChangedObject[]; raw: unknown }
}

interface ChangedObject {
  eventType: string
  objectType?: string
  objectId?: string
  date: string
}

interface Context {
  request: IncomingMessage
  response: ServerResponse
  /** the bytes as they came: a signature is over them, not over what JSON.stringify makes of what JSON.parse read */
  body: Buffer
}

/** What each request goes through, in this order, until one answers. */
type Handler = (context: Context, next: () => Promise<void>) => void | Promise<void>

const routes: Record<string, Handler[]> = { 'POST /events': [verifySignatures, onlyOnce, work] }

/** Of the platform: HMAC-SHA256 over the body in base64. Of Standard Webhooks: over id, time and body, one for each key in force. */
function verifySignatures({ request, response, body }: Context, next: () => Promise<void>): void | Promise<void> {
  const header = (name: string) => String(request.headers[name] ?? '')
  const elements = [header('elements-webhook-signature')]
  const standard = header('webhook-signature').split(' ')
  const [id, time] = [header('webhook-id'), header('webhook-timestamp')]
  const isRecent = Math.abs(Date.now() / 1000 - Number(time)) <= TOLERANCE_SECONDS
  const ofElements = isSigned(elements, (key) => `sha256=${hmac(key, body)}`)
  const ofStandard = isSigned(standard, (key) => `v1,${hmac(bytesOf(key), `${id}.${time}.`, body)}`)
  // either one alone is enough; the second one is also good against recordings, and while the key changes
  if (ofElements && ofStandard && isRecent) return next()
  response.writeHead(401).end('who are you?')
}

function isSigned(given: readonly string[], expected: (key: string) => string): boolean {
  return keys.some((key) => given.some((signature) => isSame(signature, expected(key))))
}

function hmac(key: string | Buffer, ...parts: (string | Buffer)[]): string {
  const hash = createHmac('sha256', key)
  for (const part of parts) hash.update(part)
  return hash.digest('base64')
}

/** Standard Webhooks writes keys as `whsec_` and base64; any other key is its own text. */
function bytesOf(key: string): Buffer {
  return key.startsWith('whsec_') ? Buffer.from(key.slice('whsec_'.length), 'base64') : Buffer.from(key)
}

/** Takes as long for a signature that is wrong at its end as for one that is wrong at its beginning. */
function isSame(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)]
  return left.length === right.length && timingSafeEqual(left, right)
}

/**
 * A hub delivers at least once: it sends again what it does not know to have arrived. One event may be for several instances, so both ids name
 * it. Here they are remembered in memory; with a database, insert them under a unique key in the transaction that does the work.
 */
const done = new Set<string>()
async function onlyOnce({ response, body }: Context, next: () => Promise<void>): Promise<void> {
  const { message } = JSON.parse(body.toString()) as Notification
  const name = `${message.eventId} ${message.instanceId}`
  if (done.has(name)) return void response.writeHead(200).end('known')
  done.add(name)
  try {
    await next()
  } catch (error) {
    // nothing was done: the hub may send it again
    done.delete(name)
    throw error
  }
  const [oldest] = done
  if (done.size > 100_000 && oldest !== undefined) done.delete(oldest)
}

/** Long work belongs in a queue of your own: the hub waits 30 seconds for an answer. */
function work({ response, body }: Context): void {
  const { message } = JSON.parse(body.toString()) as Notification
  for (const { eventType, objectType, objectId } of message.events) {
    console.log(`${message.eventId} ${eventType} ${objectType ?? '-'} ${objectId ?? '-'}`)
  }
  response.writeHead(200).end('done')
}

const server = createServer(async (request, response) => {
  const handlers = routes[`${request.method} ${request.url?.split('?')[0]}`]
  if (!handlers) return void response.writeHead(404).end()
  try {
    const context = { request, response, body: await read(request) }
    const run = async (at: number): Promise<void> => handlers[at]?.(context, () => run(at + 1))
    await run(0)
  } catch (error) {
    // anything but 2xx is sent again: after 4 seconds, 16, 64, and so on for three days
    console.error(error)
    if (!response.headersSent) response.writeHead(500).end()
  }
})

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BYTES) throw new Error(`a body has more than ${MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

server.listen(port, '127.0.0.1', () => {
  const address = server.address()
  console.log(`Receives events at http://127.0.0.1:${typeof address === 'object' ? address?.port : port}/events`)
})
