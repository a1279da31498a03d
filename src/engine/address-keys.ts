/** Keys whose hosts may receive an instance's credentials (design.md §5). One list: a key that one reader forgot would be a leak. */
export const OAUTH_ADDRESS_KEYS = [
  'oauth.authorization.url',
  'oauth.token.url',
  'oauth.token.refresh_url',
  'oauth.token.revoke_url',
  'oauth.request.url',
] as const

export const ADDRESS_KEYS = ['base.url', ...OAUTH_ADDRESS_KEYS] as const
