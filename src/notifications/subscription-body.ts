import Type, { type Static } from 'typebox'
import { invalid, readText, readWord, requireMembers } from '../accounts/read-members.ts'
import { ValenceError } from '../errors.ts'
import { isObject } from '../model/is-object.ts'
import { IsoSeconds, isoSeconds } from '../model/iso-seconds.ts'
import { readCallbackHeaders } from './callback-headers.ts'
import { readAddresses } from './mail-addresses.ts'
import type { Channel, SubscriptionRow } from './notification-table.ts'
import type { SubscriptionSecrets } from './read-subscription.ts'

const CHANNELS = ['webhook', 'email', 'sms', 'push'] as const
const MAX_TOPICS = 100
const MAX_TOPIC_CHARS = 255
const MAX_URL_CHARS = 2_000
const MAX_SECRET_CHARS = 8_000

/** Who wants to hear of topics, and how (spec 41 §3). Secrets are not shown. */
export const SubscriptionBody = Type.Object(
  {
    id: Type.Integer(),
    channel: Type.Enum([...CHANNELS]),
    topics: Type.Array(Type.String()),
    config: Type.Object(
      {
        url: Type.Optional(Type.String({ description: 'Of `webhook`: an absolute address, or a path of this API' })),
        to: Type.Optional(Type.String({ description: 'Of `email`: addresses, separated by commas' })),
      },
      { description: 'Without secrets' },
    ),
    active: Type.Boolean({ description: '`false`: its receiver failed too long; what comes is queued' }),
    instanceId: Type.Optional(Type.Integer({ description: 'The instance whose events it is for; the hub keeps it' })),
    createdDate: IsoSeconds,
    updatedDate: IsoSeconds,
  },
  { title: 'NotificationSubscription' },
)
export type SubscriptionBody = Static<typeof SubscriptionBody>

export function toSubscriptionBody(row: Omit<SubscriptionRow, 'secrets_ciphertext'>): SubscriptionBody {
  return {
    ...{ id: row.id, channel: row.channel, topics: row.topics },
    config: JSON.parse(row.config) as SubscriptionBody['config'],
    active: row.active,
    ...(row.instance_id === null ? {} : { instanceId: row.instance_id }),
    ...{ createdDate: isoSeconds(row.created_at), updatedDate: isoSeconds(row.updated_at) },
  }
}

type Body = Readonly<Record<string, unknown>>

export interface NewSubscription {
  channel: Channel
  topics: string[]
  config: SubscriptionBody['config']
  secrets: SubscriptionSecrets
}

/** @throws ValenceError PARAMETER_MISSING, BODY_INVALID */
export function readSubscriptionBody(body: Body): NewSubscription {
  requireMembers(body, ['channel', 'topics'])
  const channel = readWord(body, 'channel', CHANNELS) ?? 'webhook'
  const config = body['config'] ?? {}
  if (!isObject(config)) throw invalid('config', 'an object', config)
  const topics = readTopics(body['topics'])
  if (channel === 'webhook') return { channel, topics, ...readWebhook(config) }
  if (channel !== 'email') return { channel, topics, config: {}, secrets: {} }
  requireMembers(config, ['to'], 'config')
  return { channel, topics, config: { to: readAddresses(config['to'], 'config.to').join(', ') }, secrets: {} }
}

function readTopics(value: unknown): string[] {
  const list = typeof value === 'string' ? [value] : value
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_TOPICS) {
    throw invalid('topics', `a list of 1 to ${MAX_TOPICS} topics`, list)
  }
  const topics = list.map((one) => {
    const topic = readText({ topics: one }, 'topics', MAX_TOPIC_CHARS)
    if (!topic) throw invalid('topics', 'texts that are not empty', one)
    return topic
  })
  return [...new Set(topics)]
}

function readWebhook(config: Body): Pick<NewSubscription, 'config' | 'secrets'> {
  requireMembers(config, ['url'], 'config')
  const url = readText(config, 'url', MAX_URL_CHARS) ?? ''
  assertAddress(url)
  const text = (name: string) => {
    const value = config[name]
    return readText(isObject(value) ? { [name]: JSON.stringify(value) } : config, name, MAX_SECRET_CHARS) ?? undefined
  }
  const secrets: SubscriptionSecrets = {
    ...{ signatureKey: text('signatureKey'), previousSignatureKeys: text('previousSignatureKeys') },
    ...{ username: text('username'), password: text('password'), headers: text('headers') },
  }
  const { refused } = readCallbackHeaders(secrets.headers ?? '')
  if (refused[0] !== undefined) throw new ValenceError('BODY_INVALID', `config.headers: ${refused[0]}`)
  const given = Object.entries(secrets).filter(([, value]) => value !== undefined)
  return { config: { url }, secrets: Object.fromEntries(given) }
}

function assertAddress(url: string): void {
  if (/^\/(?![/\\])/.test(url)) return
  const address = URL.parse(url)
  if (!address || !/^https?:$/.test(address.protocol)) {
    throw invalid(
      'config.url',
      'an http or https address, or a path of this API that begins with "/"',
      url.slice(0, 200),
    )
  }
  if (address.username || address.password) {
    throw new ValenceError('BODY_INVALID', 'config.url: credentials belong into config.username and config.password')
  }
}
