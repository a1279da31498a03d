import Type from 'typebox'
import type { Arrival } from '../../events/accept.ts'
import { handshakeOf } from '../../events/handshake.ts'
import type { App, Reply, Request } from '../app.ts'
import { uncheckedBody } from '../openapi/describe-route.ts'
import { createEventBodies } from '../read-event-body.ts'
import { JSON_TYPE } from '../reply-headers.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Content-Type of an event */
    bodyType: string | undefined
  }
}

/** What the intake of events needs. */
export interface Intake {
  accept(arrival: Arrival): Promise<void>
  /** what a handshake has to say */
  verifyToken: string
  /** base of the addresses that vendors call */
  publicUrl(): string
}

/** What strangers say comes back as text and nothing else. */
const TEXT_HEADERS = {
  'content-type': 'text/plain; charset=utf-8',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; sandbox",
  'cache-control': 'no-store',
}

const key = Type.String({
  description: 'Key of the element; with `Polling` behind it, the body is the result of a poll',
})
const reference = Type.String({
  description:
    'The instance: its id, its id in Base64, its token, or the signed form that `webhookUrl` of the instance shows',
})
const ADDRESSES = [
  { url: '/events/:key', params: Type.Object({ key }) },
  { url: '/events/:key/:reference', params: Type.Object({ key, reference }) },
] as const
const METHODS = [
  { method: 'POST', summary: 'Take an event' },
  { method: 'GET', summary: 'Take an event, or answer a handshake' },
  { method: 'HEAD', summary: 'Answer a handshake' },
] as const

/**
 * Where vendors call (spec 40 §4). Nobody signs in here, so these routes stand apart from the rest of the API: bodies are bytes, whatever
 * they are called, and the answer comes when the event is on disk.
 */
export function eventRoutes(app: App, { intake }: { intake: Intake }): void {
  const bodies = createEventBodies()
  app.removeAllContentTypeParsers()
  // the handler reads it
  app.addContentTypeParser('*', (_request, _payload, done) => done(null, undefined))
  app.decorateRequest('bodyType', undefined)
  // the framework refuses types that are none: what it does not see is the vendor's own business
  app.addHook('onRequest', (request, _reply, done) => {
    request.bodyType = request.headers['content-type']
    if (request.bodyType !== undefined) request.raw.headers['content-type'] = undefined
    done()
  })

  for (const { url, params } of ADDRESSES)
    for (const { method, summary } of METHODS)
      app.route({
        method,
        url,
        config: { operation: 'events.receive', isVendorBody: true },
        schema: {
          summary,
          description: DESCRIPTION,
          params,
          ...(method === 'POST' ? { body: uncheckedBody({ '*/*': Type.String() }, { required: false }) } : {}),
          response: { 200: ANSWER },
        },
        handler: receive,
      })

  async function receive(request: Request, reply: Reply): Promise<Reply> {
    const held = bodies()
    try {
      const body = request.method === 'POST' ? await held.read(request.raw) : EMPTY
      const arrival = arrivalOf(request, body)
      const handshake = handshakeOf(arrival, intake.verifyToken)
      if (handshake) return shake(reply, handshake)
      await intake.accept(arrival)
      return reply.type(JSON_TYPE).send('{}')
    } finally {
      held.release()
    }
  }

  function arrivalOf(request: Request, body: Buffer): Arrival {
    const { key = '', reference } = request.params as { key?: string; reference?: string }
    const { bodyType } = request
    const { authorization: _, cookie: __, 'content-encoding': ___, ...headers } = request.headers
    if (bodyType !== undefined) headers['content-type'] = bodyType
    // what the dialect makes of a query is not what the vendor sent, and signed
    const { originalUrl } = request
    const at = originalUrl.indexOf('?')
    return {
      key,
      reference: reference === '' ? undefined : reference,
      method: request.method,
      query: at < 0 ? '' : originalUrl.slice(at + 1),
      contentType: bodyType,
      storedHeaders: headers as Record<string, string>,
      body,
      get url() {
        return intake.publicUrl() + originalUrl
      },
      get headers() {
        return pairsOf(request.raw.rawHeaders)
      },
    }
  }
}

/** `{}`, or what a handshake asks for */
const ANSWER = { content: { 'application/json': { schema: Type.Object({}) }, 'text/plain': { schema: Type.String() } } }
const EMPTY = Buffer.alloc(0)
const DESCRIPTION =
  'Whatever the body is, it is taken as it is, up to 5 MiB. The answer is 200 once the event is stored. Without a reference, the instances come from the header `Element-Instances` (ids, separated by commas), or are found by `event.notification.instance.finder`. 503 asks to send it again.'

function shake(reply: Reply, { type, body }: { type: 'text' | 'json'; body: string }): Reply {
  reply.headers(TEXT_HEADERS)
  if (type === 'json') reply.type(JSON_TYPE)
  return reply.send(body)
}

function pairsOf(raw: readonly string[]): [string, string][] {
  const pairs: [string, string][] = []
  for (let at = 0; at < raw.length; at += 2) pairs.push([raw[at] ?? '', raw[at + 1] ?? ''])
  return pairs
}
