import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'

/** A message as a broker took it. */
export interface TakenMessage {
  user: string
  vhost: string
  exchange: string
  routingKey: string
  contentType: string
  isPersistent: boolean
  isMandatory: boolean
  body: string
}

/** What a broker does with what it is sent. */
export type Behaviour = 'takes' | 'refuses' | 'silent' | 'mute' | 'hangs-up' | 'babbles'

export interface AmqpLookAlike {
  port: number
  messages: TakenMessage[]
  /** of connections that are open */
  open(): number
  /** `silent`: says nothing from the first byte on; `mute`: takes everything and confirms nothing; `hangs-up`: at the message */
  behaves(behaviour: Behaviour): void
  close(): Promise<void>
}

const FRAME_END = 0xce
const METHOD = 1
const HEADER = 2
const BODY = 3

/**
 * As much of an AMQP 0-9-1 broker as a publisher meets: sign-in, one channel, confirms, returns of what leads nowhere. It has the queue `orders` and the
 * exchange `shop`, and knows `ada` with the password `pa55 word`.
 */
export async function startAmqpLookAlike(tls?: { key: string; cert: string }): Promise<AmqpLookAlike> {
  const messages: TakenMessage[] = []
  const sockets = new Set<Socket>()
  let behaviour: Behaviour = 'takes'
  const serve = (socket: Socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => undefined))
    if (behaviour === 'silent') socket.resume()
    else converse(socket, () => behaviour, messages)
  }
  const server: Server = tls ? createTlsServer(tls, serve) : createServer(serve)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    messages,
    open: () => sockets.size,
    behaves(next) {
      behaviour = next
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function converse(socket: Socket, behaviour: () => Behaviour, messages: TakenMessage[]): void {
  let rest = Buffer.alloc(0)
  let isGreeted = false
  let user = ''
  let vhost = ''
  let message: (Omit<TakenMessage, 'body'> & { chunks: Buffer[]; left: number }) | undefined
  let tag = 0

  const send = (type: number, channel: number, payload: Buffer) => {
    const head = Buffer.alloc(7)
    head.writeUInt8(type)
    head.writeUInt16BE(channel, 1)
    head.writeUInt32BE(payload.length, 3)
    socket.write(Buffer.concat([head, payload, Buffer.from([FRAME_END])]))
  }
  const say = (channel: number, id: readonly [number, number], ...fields: Buffer[]) =>
    send(METHOD, channel, Buffer.concat([short(id[0]), short(id[1]), ...fields]))

  const methods: Record<string, (read: Reader, channel: number) => void> = {
    '10.11'(read) {
      read.table()
      read.shortText()
      const [, name = '', password = ''] = read.longText().split('\0')
      user = name
      const isKnown = name === 'guest' || (name === 'ada' && password === 'pa55 word')
      if (isKnown) say(0, [10, 30], short(2047), long(131_072), short(0))
      else
        say(0, [10, 50], short(403), shortText(`ACCESS_REFUSED - ${name}:${password} is nobody`), short(10), short(11))
    },
    '10.31': () => undefined,
    '10.40'(read) {
      vhost = read.shortText()
      say(0, [10, 41], shortText(''))
    },
    '10.50': () => say(0, [10, 51]),
    '10.51': () => socket.end(),
    '20.10': (_read, channel) => say(channel, [20, 11], long(0)),
    '20.40': (_read, channel) => say(channel, [20, 41]),
    '20.41': () => undefined,
    '85.10': (_read, channel) => say(channel, [85, 11]),
    '60.40'(read) {
      read.short()
      const [exchange, routingKey, bits] = [read.shortText(), read.shortText(), read.octet()]
      const isMandatory = (bits & 1) === 1
      message = {
        user,
        vhost,
        exchange,
        routingKey,
        contentType: '',
        isPersistent: false,
        isMandatory,
        chunks: [],
        left: 0,
      }
    },
  }

  function header(read: Reader, channel: number): void {
    if (!message) return
    read.short()
    read.short()
    message.left = read.longLong()
    const flags = read.short()
    if (flags & 0x8000) message.contentType = read.shortText()
    if (flags & 0x4000) read.shortText()
    if (flags & 0x2000) read.table()
    if (flags & 0x1000) message.isPersistent = read.octet() === 2
    if (message.left === 0) taken(channel)
  }

  function taken(channel: number): void {
    if (!message) return
    const { chunks, left: _left, ...facts } = message
    const body = Buffer.concat(chunks)
    message = undefined
    tag++
    if (behaviour() === 'mute') return
    if (behaviour() === 'hangs-up') socket.destroy()
    else if (behaviour() === 'babbles') socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')
    else if (behaviour() === 'refuses') say(channel, [60, 120], longLong(tag), Buffer.from([0]))
    else judge(channel, facts, body)
  }

  function judge(channel: number, facts: Omit<TakenMessage, 'body'>, body: Buffer): void {
    if (facts.exchange !== '' && facts.exchange !== 'shop') {
      say(channel, [20, 40], short(404), shortText(`NOT_FOUND - no exchange '${facts.exchange}'`), short(60), short(40))
      return
    }
    if (facts.routingKey === 'orders') messages.push({ ...facts, body: body.toString() })
    else {
      say(channel, [60, 50], short(312), shortText('NO_ROUTE'), shortText(facts.exchange), shortText(facts.routingKey))
      send(HEADER, channel, Buffer.concat([short(60), short(0), longLong(body.length), short(0)]))
      send(BODY, channel, body)
    }
    say(channel, [60, 80], longLong(tag), Buffer.from([0]))
  }

  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk])
    if (!isGreeted) {
      if (rest.length < 8) return
      rest = rest.subarray(8)
      isGreeted = true
      say(0, [10, 10], Buffer.from([0, 9]), long(0), longText('PLAIN'), longText('en_US'))
    }
    while (rest.length >= 7 && rest.length >= rest.readUInt32BE(3) + 8) {
      const [type, channel, size] = [rest.readUInt8(0), rest.readUInt16BE(1), rest.readUInt32BE(3)]
      const payload = rest.subarray(7, 7 + size)
      rest = rest.subarray(8 + size)
      if (type === METHOD) {
        const read = readerOf(payload)
        const id = `${read.short()}.${read.short()}`
        if (!methods[id]) throw new Error(`the look-alike knows no method ${id}`)
        methods[id](read, channel)
      } else if (type === HEADER) header(readerOf(payload), channel)
      else if (type === BODY && message) {
        message.chunks.push(payload)
        message.left -= payload.length
        if (message.left <= 0) taken(channel)
      }
    }
  })
}

interface Reader {
  octet(): number
  short(): number
  longLong(): number
  shortText(): string
  longText(): string
  table(): void
}

function readerOf(bytes: Buffer): Reader {
  let at = 0
  const take = (length: number) => {
    at += length
    return bytes.subarray(at - length, at)
  }
  const reader: Reader = {
    octet: () => take(1).readUInt8(),
    short: () => take(2).readUInt16BE(),
    longLong: () => Number(take(8).readBigUInt64BE()),
    shortText: () => take(reader.octet()).toString(),
    longText: () => take(take(4).readUInt32BE()).toString(),
    table: () => void take(take(4).readUInt32BE()),
  }
  return reader
}

function short(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}

function long(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function longLong(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}

function shortText(text: string): Buffer {
  return Buffer.concat([Buffer.from([Buffer.byteLength(text)]), Buffer.from(text)])
}

function longText(text: string): Buffer {
  return Buffer.concat([long(Buffer.byteLength(text)), Buffer.from(text)])
}
