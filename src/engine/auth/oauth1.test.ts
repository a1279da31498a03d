import { describe, expect, test } from 'vitest'
import { oauth1Parameters } from '../oauth/oauth1.ts'
import { newVendorDraft, type VendorDraft } from '../vendor-draft.ts'
import { oauth1 } from './oauth1.ts'

const at = { now: new Date(1_700_000_000_000), nonce: 'n' }
const configuration = {
  'oauth.api.key': 'k',
  'oauth.api.secret': 's',
  'oauth.user.token': 't',
  'oauth.user.token.secret': 'ts',
}
const signed = (parts: Partial<VendorDraft> = {}, more: Record<string, string> = {}) => {
  const vendor = { ...newVendorDraft('POST'), url: 'https://v.test/x?a=1', ...parts }
  oauth1.sign?.(vendor, { ...configuration, ...more }, 'POST', at)
  return vendor
}

describe('a vendor call is signed', () => {
  test('in the header', () => {
    const { headers, url } = signed()
    expect(headers['authorization']).toMatch(/^OAuth oauth_consumer_key="k", .*oauth_signature="/)
    expect(url).toBe('https://v.test/x?a=1')
  })

  for (const where of ['query', 'Query'])
    test(`in the query, when the element says ${where}`, () => {
      const { headers, url } = signed({}, { 'oauth.request.authorization.type': where })
      expect(headers).toEqual({})
      expect(url).toMatch(/^https:\/\/v\.test\/x\?a=1&oauth_consumer_key=k&.*oauth_signature=/)
    })

  test('with the fields of a form, also one that a hook wrote', () => {
    const keys = { apiKey: 'k', apiSecret: 's', token: { key: 't', secret: 'ts' } }
    const request = { url: 'https://v.test/x?a=1', method: 'POST', form: [['b', 'x y']] as [string, string][] }
    const expected = encodeURIComponent(oauth1Parameters(request, keys, at)['oauth_signature'] ?? '')
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    expect(signed({ headers, body: 'b=x+y' }).headers['authorization']).toContain(`oauth_signature="${expected}"`)
  })

  test('without a JSON body', () => {
    const json = signed({ headers: { 'content-type': 'application/json' }, body: '{"b":1}' })
    expect(json.headers['authorization']).toBe(signed().headers['authorization'])
  })
})
