import type { LookupFunction } from 'node:net'
import type { ChannelModel, ConfirmChannel, Message, SocketOptions } from 'amqplib'
import { ValenceError } from '../errors.ts'
import { whenAborted } from '../model/when-aborted.ts'
import { redactText } from '../redact.ts'
import { abortFailure } from './failures.ts'

/** A message for a queue of an AMQP 0-9-1 broker. */
export interface BrokerMessage {
  /** `amqp://user:password@host:port/vhost`, or `amqps:` */
  url: string
  /** empty: the default one, which leads to the queue of the name */
  exchange: string
  /** where the exchange leads it to: the name of a queue, or what the exchange takes for a routing key */
  queue: string
  body: Buffer
  contentType: string
  /** for all of it together */
  timeoutMs: number
  signal?: AbortSignal
}

export type PublishMessage = (message: BrokerMessage) => Promise<void>

/** Everything that is known of a broker before it is called. */
interface Broker {
  protocol: 'amqp' | 'amqps'
  hostname: string
  port: number
  username: string
  password: string
  /** percent-encoded */
  vhost: string
}

const PORTS = { amqp: 5672, amqps: 5671 }
const TLS_MIN_VERSION = 'TLSv1.2'

/**
 * Hands a message to a broker, and waits until the broker has it (publisher confirms). Each message has a connection of its own. A message that
 * leads to no queue is an error: the broker would drop it without a word.
 *
 * @param lookupFor judges the host, see `Upstream`
 * @throws ValenceError PARAMETER_INVALID (no address of a broker), EGRESS_REFUSED, VENDOR_UNREACHABLE, VENDOR_TIMEOUT, VENDOR_FAILED (the broker
 *   refuses the connection or the message); none of them says who signs in
 */
export function createPublishMessage(lookupFor: (hostname: string, port: number) => LookupFunction): PublishMessage {
  return async (message) => {
    const broker = readBroker(message.url)
    const where = `${broker.hostname}:${broker.port}`
    const lookup = lookupFor(broker.hostname, broker.port)
    const end = endOf(message, where)
    let connection: ChannelModel | undefined
    try {
      connection = await Promise.race([settled(connect(broker, lookup, end)), end.aborted])
      // an error that nobody hears would end the process; what waits for an answer hears of it anyway
      connection.on('error', () => undefined)
      await Promise.race([confirmed(connection, message), end.aborted])
      await Promise.race([connection.close(), end.aborted])
    } catch (error) {
      if (end.signal.aborted) throw end.signal.reason
      throw toFailure(error, where, broker)
    } finally {
      end.release()
    }
  }
}

async function connect(broker: Broker, lookup: LookupFunction, { signal }: End): Promise<ChannelModel> {
  const { protocol, port, username, password, vhost } = broker
  const { connect: open } = await import('amqplib')
  signal.throwIfAborted()
  const address = { protocol, hostname: broker.hostname.replace(/^\[|\]$/g, ''), port, username, password, vhost }
  // they go on to `net.connect` or `tls.connect` as they are: the signal ends the socket, whatever the broker does
  const options: SocketOptions & { lookup: LookupFunction; signal: AbortSignal } = {
    ...{ lookup, signal, noDelay: true, rejectUnauthorized: true, minVersion: TLS_MIN_VERSION },
  }
  return settled(open(address, options))
}

/** It may fail when nobody waits for it any more. */
function settled(opening: Promise<ChannelModel>): Promise<ChannelModel> {
  opening.catch(() => undefined)
  return opening
}

async function confirmed(connection: ChannelModel, message: BrokerMessage): Promise<void> {
  const channel = await connection.createConfirmChannel()
  const { promise: refused, reject } = Promise.withResolvers<never>()
  refused.catch(() => undefined)
  channel.on('error', reject)
  let returned: Message | undefined
  channel.on('return', (found) => {
    returned = found
  })
  await Promise.race([publish(channel, message), refused])
  if (returned) throw unroutable(message)
}

function publish(channel: ConfirmChannel, { exchange, queue, body, contentType }: BrokerMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = { mandatory: true, persistent: true, contentType }
    // the channel's own error says more than that it is closed
    channel.publish(exchange, queue, body, options, (error) =>
      error ? setImmediate(() => reject(error as Error)) : resolve(),
    )
  })
}

/** @throws ValenceError PARAMETER_INVALID, without what stands in the address */
function readBroker(address: string): Broker {
  const url = URL.parse(address)
  const protocol = url?.protocol.replace(/:$/, '')
  if (!url || url.hostname === '' || (protocol !== 'amqp' && protocol !== 'amqps'))
    throw new ValenceError(
      'PARAMETER_INVALID',
      'url: expected an address such as amqps://user:password@broker.example.com/vhost',
    )
  const isNobody = url.username === '' && url.password === ''
  return {
    protocol,
    // schemes that the standard does not know keep the case of their hosts
    hostname: url.hostname.toLowerCase(),
    port: Number(url.port) || PORTS[protocol],
    username: isNobody ? 'guest' : plain(url.username),
    password: isNobody ? 'guest' : plain(url.password),
    vhost: url.pathname.replace(/^\//, ''),
  }
}

function plain(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

interface End {
  signal: AbortSignal
  aborted: Promise<never>
  release(): void
}

/** Ends the connection with the signal, and when the time is over. */
function endOf({ timeoutMs, signal }: BrokerMessage, host: string): End {
  const end = new AbortController()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  aborted.catch(() => undefined)
  const stop = (reason: Error) => {
    end.abort(reason)
    reject(reason)
  }
  const late = () => stop(new ValenceError('VENDOR_TIMEOUT', `${host} did not take the message within ${timeoutMs} ms`))
  const timer = setTimeout(late, timeoutMs)
  const letGo = whenAborted(signal, () => stop(abortFailure(signal?.reason, { host, timeoutMs })))
  return {
    signal: end.signal,
    aborted,
    release() {
      clearTimeout(timer)
      letGo()
      // whatever is still open
      end.abort(new Error('the message is out of the house'))
    },
  }
}

function unroutable({ exchange, queue }: BrokerMessage): ValenceError {
  const why = exchange === '' ? `there is no queue "${queue}"` : `"${exchange}" leads "${queue}" to no queue`
  return new ValenceError('VENDOR_FAILED', `the broker returned the message: ${why}`)
}

/** What brokers say of connections, channels and messages, and what the system says of sockets. */
function toFailure(error: unknown, where: string, { username, password }: Broker): ValenceError {
  if (error instanceof ValenceError) return error
  const { code, message } = error as { code?: unknown; message?: string }
  if (typeof code === 'string') {
    const isCertificate = /CERT|ERR_TLS|ERR_SSL|ISSUER|SELF_SIGNED|VERIFY/.test(code)
    const why = isCertificate ? `has no certificate we can trust (${code})` : `cannot be reached: ${code}`
    return new ValenceError('VENDOR_UNREACHABLE', `${where} ${why}`, { cause: error })
  }
  const said = redactText(String(message ?? error), [username === 'guest' ? undefined : username, password]).slice(
    0,
    500,
  )
  const isLost = /closed|ended|unexpected|socket/i.test(said) && typeof code !== 'number' && !/\d{3} \(/.test(said)
  return isLost
    ? new ValenceError('VENDOR_UNREACHABLE', `${where} gave up the connection: ${said}`, { cause: error })
    : new ValenceError('VENDOR_FAILED', `${where} refused the message: ${said}`, { cause: error })
}
