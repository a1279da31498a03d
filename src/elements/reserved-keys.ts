/** Keys that belong to the platform (spec 11 §2.3): one by one they cannot be created, whole elements carry them. */
const RESERVED = new Set([
  'oauth.api.key',
  'oauth.api.secret',
  'oauth.scope',
  'oauth.authorization.url',
  'oauth.token.url',
  'oauth.token.refresh_url',
  'oauth.token.revoke_url',
  'oauth.callback.url',
  'oauth.basic.header',
  'oauth.request.url',
  'oauth.request.authorization.type',
  'oauth.user.token',
  'oauth.user.token.secret',
  'oauth.user.refresh_token',
  'oauth.user.refresh_interval',
  'oauth.user.refresh_time',
  'username',
  'password',
  'base.url',
  'pagination.type',
  'pagination.max',
  'pagination.page.startindex',
  'aws.api.key',
  'aws.api.secret',
  'aws.region',
  'expires',
  'expires_in',
])

export function isReservedKey(key: string): boolean {
  return RESERVED.has(key) || key.startsWith('event') || key.startsWith('bulk')
}
