/**
 * The configuration rows an element gets without writing them (spec 10 §2.4, 11 §2.3–2.5, 40 §2), in one table.
 * A manifest names only what is special; a row of its own with the same key changes the standard one.
 */
export const AUTHENTICATION_TYPES = [
  'oauth2',
  'oauth2Password',
  'oauth1',
  'basic',
  'apiKey',
  'custom',
  'awsv2',
  'awsv4',
] as const
export type AuthenticationType = (typeof AUTHENTICATION_TYPES)[number]

/** Members of a manifest's `authentication` that set a default. */
export type SettingName =
  | 'authorizationUrl'
  | 'tokenUrl'
  | 'refreshUrl'
  | 'revokeUrl'
  | 'requestUrl'
  | 'requestAuthorizationType'
  | 'scope'
  | 'basicHeader'
  | 'refreshInterval'
  | 'callbackUrl'
  | 'region'

/** What a default may be computed from. */
interface Given {
  baseUrl: string
  authentication: { tokenUrl?: string }
  pagination?: { type: string; max: number; startIndex?: number }
}

export interface StandardRow {
  key: string
  name: string
  description: string
  type: string
  /**
   * `asked` is what the user must give at provisioning, `offered` what he may give, `hidden` is settable by API only,
   * `internal` is written by the platform.
   */
  role: 'asked' | 'offered' | 'hidden' | 'internal'
  /** authentication types that have the row; every element when absent */
  for?: readonly AuthenticationType[]
  /** member of `authentication` that sets the default */
  setting?: SettingName
  settingRequired?: boolean
  /** default when neither the setting nor `value` gives one */
  fallback?: string
  value?: (given: Given) => string | number | undefined
  /** the row exists only when `value` gives something */
  onlyWithValue?: boolean
}

const OAUTH2 = ['oauth2', 'oauth2Password'] as const
const OAUTH = ['oauth2', 'oauth2Password', 'oauth1'] as const
const CODE_FLOW = ['oauth2', 'oauth1'] as const
const AWS = ['awsv2', 'awsv4'] as const

export const STANDARD_ROWS: readonly StandardRow[] = [
  {
    key: 'base.url',
    name: 'Base URL',
    description: 'Address that every vendor path is appended to.',
    type: 'TEXTFIELD_1000',
    role: 'hidden',
    value: ({ baseUrl }) => baseUrl,
  },

  {
    key: 'oauth.api.key',
    name: 'API Key',
    description: 'Client id of the application registered with the vendor.',
    type: 'TEXTFIELD_128',
    role: 'asked',
    for: OAUTH,
  },
  {
    key: 'oauth.api.secret',
    name: 'API Secret',
    description: 'Client secret of the application registered with the vendor.',
    type: 'PASSWORD',
    role: 'asked',
    for: OAUTH,
  },
  {
    key: 'oauth.callback.url',
    name: 'Callback URL',
    description: 'Redirect address registered with the vendor.',
    type: 'TEXTFIELD_1000',
    role: 'asked',
    for: CODE_FLOW,
    setting: 'callbackUrl',
  },
  {
    key: 'username',
    name: 'Username',
    description: 'Name of the vendor account.',
    type: 'TEXTFIELD_128',
    role: 'asked',
    for: ['basic', 'oauth2Password'],
  },
  {
    key: 'password',
    name: 'Password',
    description: 'Password of the vendor account.',
    type: 'PASSWORD',
    role: 'asked',
    for: ['basic', 'oauth2Password'],
  },
  {
    key: 'aws.api.key',
    name: 'AWS Access Key',
    description: 'Access key id.',
    type: 'TEXTFIELD_128',
    role: 'asked',
    for: AWS,
  },
  {
    key: 'aws.api.secret',
    name: 'AWS Secret Key',
    description: 'Secret access key.',
    type: 'PASSWORD',
    role: 'asked',
    for: AWS,
  },
  {
    key: 'aws.region',
    name: 'AWS Region',
    description: 'Region the requests are signed for.',
    type: 'TEXTFIELD_32',
    role: 'asked',
    for: AWS,
    setting: 'region',
  },

  {
    key: 'oauth.scope',
    name: 'OAuth Scope',
    description: 'Scopes asked of the vendor, separated by blanks.',
    type: 'TEXTFIELD_1000',
    role: 'hidden',
    for: OAUTH2,
    setting: 'scope',
  },
  {
    key: 'oauth.request.url',
    name: 'OAuth Request URL',
    description: 'Address of the OAuth 1 request token.',
    type: 'TEXTFIELD_1000',
    role: 'hidden',
    for: ['oauth1'],
    setting: 'requestUrl',
    settingRequired: true,
  },
  {
    key: 'oauth.authorization.url',
    name: 'OAuth Authorization URL',
    description: 'Page on which the user grants access.',
    type: 'TEXTFIELD_1000',
    role: 'hidden',
    for: CODE_FLOW,
    setting: 'authorizationUrl',
    settingRequired: true,
  },
  {
    key: 'oauth.token.url',
    name: 'OAuth Token URL',
    description: 'Address that exchanges a code for tokens.',
    type: 'TEXTFIELD_1000',
    role: 'hidden',
    for: OAUTH,
    setting: 'tokenUrl',
    settingRequired: true,
  },
  {
    key: 'oauth.token.refresh_url',
    name: 'OAuth Token Refresh URL',
    description: 'Address that renews an access token.',
    type: 'TEXTFIELD_1000',
    role: 'hidden',
    for: OAUTH2,
    setting: 'refreshUrl',
    value: ({ authentication }) => authentication.tokenUrl,
  },
  {
    key: 'oauth.token.revoke_url',
    name: 'OAuth Token Revoke URL',
    description: 'Address that withdraws a token when an instance is deleted.',
    type: 'TEXTFIELD_1000',
    role: 'hidden',
    for: OAUTH2,
    setting: 'revokeUrl',
  },
  {
    key: 'oauth.basic.header',
    name: 'OAuth Basic Header',
    description: 'Send client id and secret to the token address as Basic header too.',
    type: 'BOOLEAN',
    role: 'hidden',
    for: OAUTH2,
    setting: 'basicHeader',
    fallback: 'true',
  },
  {
    key: 'oauth.request.authorization.type',
    name: 'OAuth Request Authorization Type',
    description: 'Where the OAuth 1 parameters go.',
    type: 'TEXTFIELD_32',
    role: 'hidden',
    for: ['oauth1'],
    setting: 'requestAuthorizationType',
    fallback: 'query',
  },
  {
    key: 'oauth.user.token',
    name: 'OAuth User Token',
    description: 'Access token of the instance.',
    type: 'TEXTFIELD_1000',
    role: 'internal',
    for: OAUTH,
  },
  {
    key: 'oauth.user.token.secret',
    name: 'OAuth User Token Secret',
    description: 'Secret of the OAuth 1 access token.',
    type: 'PASSWORD',
    role: 'internal',
    for: ['oauth1'],
  },
  {
    key: 'oauth.user.refresh_token',
    name: 'OAuth User Refresh Token',
    description: 'Refresh token of the instance.',
    type: 'TEXTFIELD_1000',
    role: 'internal',
    for: OAUTH2,
  },
  {
    key: 'oauth.user.refresh_time',
    name: 'OAuth User Refresh Time',
    description: 'When the token was last obtained, in milliseconds since 1970.',
    type: 'TEXTFIELD_32',
    role: 'internal',
    for: OAUTH2,
  },
  {
    key: 'oauth.user.refresh_interval',
    name: 'OAuth User Refresh Interval',
    description: 'Life of an access token in seconds.',
    type: 'TEXTFIELD_32',
    role: 'internal',
    for: OAUTH2,
    setting: 'refreshInterval',
    fallback: '3600',
  },

  {
    key: 'pagination.type',
    name: 'Pagination Type',
    description: 'How the vendor counts pages: page, offset or cursor.',
    type: 'TEXTFIELD_32',
    role: 'hidden',
    value: ({ pagination }) => pagination?.type,
  },
  {
    key: 'pagination.max',
    name: 'Pagination Max',
    description: 'Most records the vendor returns in one page.',
    type: 'TEXTFIELD_32',
    role: 'hidden',
    value: ({ pagination }) => pagination?.max,
    fallback: '100',
  },
  {
    key: 'pagination.page.startindex',
    name: 'Pagination Start Index',
    description: 'Number of the first page or record.',
    type: 'TEXTFIELD_32',
    role: 'hidden',
    value: ({ pagination }) => pagination?.startIndex,
    onlyWithValue: true,
  },
  {
    key: 'filter.response.nulls',
    name: 'Filter null values from the response',
    description: 'Leave members without a value out of answers.',
    type: 'BOOLEAN',
    role: 'offered',
    fallback: 'true',
  },

  {
    key: 'event.vendor.type',
    name: 'Vendor Event Type',
    description: 'How events arrive: polling or webhooks.',
    type: 'TEXTFIELD_32',
    role: 'hidden',
  },
  {
    key: 'event.notification.enabled',
    name: 'Enable Events',
    description: 'Turns events on.',
    type: 'BOOLEAN',
    role: 'offered',
    fallback: 'false',
  },
  {
    key: 'event.notification.callback.url',
    name: 'Event Notification Callback URL',
    description: 'Address that receives events.',
    type: 'TEXTFIELD_1000',
    role: 'offered',
  },
  {
    key: 'event.notification.callback.headers',
    name: 'Event Notification Callback Headers',
    description: 'Further headers of the request that delivers events.',
    type: 'TEXTFIELD_1000',
    role: 'offered',
  },
  {
    key: 'event.notification.signature.key',
    name: 'Callback Notification Signature Key',
    description: 'Key of the signature over delivered events.',
    type: 'TEXTFIELD_128',
    role: 'hidden',
  },
  {
    key: 'event.notification.basic.username',
    name: 'Callback Username',
    description: 'Basic authentication of the request that delivers events.',
    type: 'TEXTFIELD_128',
    role: 'hidden',
  },
  {
    key: 'event.notification.basic.password',
    name: 'Callback Password',
    description: 'Basic authentication of the request that delivers events.',
    type: 'PASSWORD',
    role: 'hidden',
  },
  {
    key: 'event.notification.instance.finder',
    name: 'Event Instance Finder',
    description: 'Configuration key and payload path that find the instance of an event.',
    type: 'TEXTFIELD_1000',
    role: 'hidden',
  },
  {
    key: 'event.notification.subscription.id',
    name: 'Event Subscription Id',
    description: 'Subscription made when events were turned on.',
    type: 'TEXTFIELD_128',
    role: 'internal',
  },
]

/** Members of `authentication` that a type must and may have. */
export function authenticationSettings(type: AuthenticationType): { required: string[]; optional: string[] } {
  const rows = STANDARD_ROWS.filter((row) => row.setting && row.for?.includes(type))
  const names = (wanted: boolean) =>
    rows.filter((row) => Boolean(row.settingRequired) === wanted).map((row) => row.setting ?? '')
  return { required: names(true), optional: names(false) }
}
