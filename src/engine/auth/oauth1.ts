import { oauth1Header, oauth1Parameters, oauth1Query } from '../oauth/oauth1.ts'
import type { Authenticator } from './authenticator.ts'
import { formOf } from './form-of.ts'

/** Signs with the instance's token, in the header or in the query as `oauth.request.authorization.type` says (spec 10 §5.3). */
export const oauth1: Authenticator = {
  sign(vendor, configuration, method, at) {
    const token = configuration['oauth.user.token']
    if (!token) return
    const parameters = oauth1Parameters(
      { url: vendor.url, method, form: formOf(vendor) ?? [] },
      {
        apiKey: configuration['oauth.api.key'] ?? '',
        apiSecret: configuration['oauth.api.secret'] ?? '',
        token: { key: token, secret: configuration['oauth.user.token.secret'] ?? '' },
      },
      at,
    )
    if (configuration['oauth.request.authorization.type']?.toLowerCase() === 'query') {
      vendor.url += (vendor.url.includes('?') ? '&' : '?') + oauth1Query(parameters)
    } else if (!vendor.fromHooks?.removedHeaders.has('authorization')) {
      vendor.headers['authorization'] ??= oauth1Header(parameters)
    }
  },
}
