import Type from 'typebox'
import { ValenceError } from '../errors.ts'
import { withoutHtml } from './clean-text.ts'
import type { ProviderData } from './obtain-credentials.ts'

/** Body of `POST /instances` (spec 10 §4.3); members that are not named here are ignored. */
export interface ProvisionRequest {
  name?: unknown
  element?: unknown
  configuration?: unknown
  providerData?: unknown
  tags?: unknown
  externalAuthentication?: unknown
  oauthProxy?: unknown
  debug?: unknown
  retrieveObjectsAfterInstantiation?: unknown
}

/** The same as a reader of the API has to know it; `providerData` depends on how the element authenticates (spec 10 §5). */
export const InstanceRequest = Type.Object(
  {
    name: Type.Optional(Type.String()),
    element: Type.Optional(
      Type.Object(
        { key: Type.Optional(Type.String()), id: Type.Optional(Type.Integer()) },
        { description: 'Which element, by `key` or `id`; below `/elements/{keyOrId}` it may be left out' },
      ),
    ),
    configuration: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description: 'Values by configuration key; `********` keeps a stored secret, null brings the default back',
      }),
    ),
    providerData: Type.Optional(
      Type.Object(
        {
          code: Type.Optional(Type.String({ description: 'OAuth 2: what the vendor sent to the callback URL' })),
          debug: Type.Optional(
            Type.Boolean({
              description: 'Write the vendor calls down; the answer names the trace in `Elements-Trace-Id`',
            }),
          ),
        },
        { additionalProperties: true, description: 'What came of the consent' },
      ),
    ),
    tags: Type.Optional(Type.Array(Type.String(), { description: 'The name, when absent' })),
    externalAuthentication: Type.Optional(
      Type.Enum(['none', 'initial'], {
        description: '`initial`: the tokens were obtained elsewhere and are given here',
      }),
    ),
    retrieveObjectsAfterInstantiation: Type.Optional(
      Type.Boolean({ description: '`true` adds `objects` to the answer, as `GET /objects` finds them' }),
    ),
    oauthProxy: Type.Optional(Type.Object({ isOauthProxy: Type.Boolean(), oauthProxyName: Type.String() })),
  },
  { title: 'InstanceRequest' },
)

/** Key or id of the element to provision. @throws ValenceError PARAMETER_MISSING */
export function elementOf(body: ProvisionRequest): string {
  const { element } = body
  const reference = typeof element === 'object' && element !== null ? (element as Record<string, unknown>) : {}
  const keyOrId = reference['key'] ?? reference['id']
  if (typeof keyOrId === 'string' || typeof keyOrId === 'number') return String(keyOrId)
  throw new ValenceError('PARAMETER_MISSING', 'element.key or element.id is required: which element to provision')
}

export function readName(given: unknown): string {
  const name = typeof given === 'string' || typeof given === 'number' ? withoutHtml(String(given)) : ''
  if (name === '') throw new ValenceError('PARAMETER_MISSING', 'name is required: the name of the instance')
  if (name.length > 500)
    throw new ValenceError('PARAMETER_INVALID', `name: ${name.length} characters are more than 500`)
  return name
}

/** @returns undefined when absent: an instance without tags carries its name as its tag (spec 01 §4) */
export function readTags(given: unknown): string[] | undefined {
  if (given === undefined || given === null) return undefined
  if (!Array.isArray(given)) throw new ValenceError('PARAMETER_INVALID', 'tags: expected an array of strings')
  // old clients send {id, name} objects (spec 10 §8)
  const texts = given.map((tag) =>
    typeof tag === 'object' && tag !== null ? (tag as Record<string, unknown>)['name'] : tag,
  )
  const tags = texts.map((tag) => withoutHtml(String(tag ?? ''))).filter((tag) => tag !== '')
  if (tags.length > 100 || tags.some((tag) => tag.length > 500)) {
    throw new ValenceError('PARAMETER_INVALID', 'tags: at most 100 tags of at most 500 characters')
  }
  return [...new Set(tags)]
}

export function readProviderData(given: unknown): ProviderData {
  if (given === undefined || given === null) return {}
  if (typeof given !== 'object' || Array.isArray(given))
    throw new ValenceError('PARAMETER_INVALID', 'providerData: expected an object')
  return given as ProviderData
}

/** `debug`, in the body or in `providerData` (spec 41 §10) */
export function wantsTrace({ debug, providerData }: ProvisionRequest): boolean {
  const asked = debug ?? readProviderData(providerData)['debug']
  return asked === true || asked === 'true'
}

/** `initial`: the tokens were obtained elsewhere (spec 10 §5.7) */
export function readExternal(given: unknown): boolean {
  if (given === undefined || given === null || given === 'none') return false
  if (given === 'initial') return true
  throw new ValenceError(
    'PARAMETER_INVALID',
    `externalAuthentication: expected "initial" or "none", got ${JSON.stringify(given)}`,
  )
}
