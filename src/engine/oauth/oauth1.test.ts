import { describe, expect, test } from 'vitest'
import { oauth1Header, oauth1Parameters, oauth1Query } from './oauth1.ts'

const at = (seconds: number, nonce: string) => ({ now: new Date(seconds * 1000), nonce })

describe('published signatures', () => {
  test('a callback is signed and returned, a query member is only signed', () => {
    const parameters = oauth1Parameters(
      {
        url: 'https://photos.example.net/initiate?scope=all',
        method: 'POST',
        extra: { oauth_callback: 'http://printer.example.com/ready' },
      },
      { apiKey: 'dpf43f3p2l4k3l03', apiSecret: 'kd94hf93k423kf44' },
      at(137_131_200, 'wIjqoxSZw'),
    )
    expect(Object.keys(parameters).toSorted()).toEqual([
      'oauth_callback',
      'oauth_consumer_key',
      'oauth_nonce',
      'oauth_signature',
      'oauth_signature_method',
      'oauth_timestamp',
      'oauth_version',
    ])
    expect(parameters['oauth_callback']).toBe('http://printer.example.com/ready')
  })

  // "Creating a signature" of the Twitter API documentation
  test('a status update with query and form', () => {
    const parameters = oauth1Parameters(
      {
        url: 'https://api.twitter.com/1.1/statuses/update.json?include_entities=true',
        method: 'POST',
        form: [['status', 'Hello Ladies + Gentlemen, a signed OAuth request!']],
      },
      {
        apiKey: 'xvz1evFS4wEEPTGEFPHBog',
        apiSecret: 'kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw',
        token: {
          key: '370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb',
          secret: 'LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE',
        },
      },
      at(1_318_622_958, 'kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg'),
    )
    expect(parameters).toEqual({
      oauth_consumer_key: 'xvz1evFS4wEEPTGEFPHBog',
      oauth_nonce: 'kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg',
      oauth_signature: 'hCtSmYh+iHYCEqBWrE7C7hYmtUk=',
      oauth_signature_method: 'HMAC-SHA1',
      oauth_timestamp: '1318622958',
      oauth_token: '370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb',
      oauth_version: '1.0',
    })
  })

  // OAuth Core 1.0a, appendix A.5
  test('a photo', () => {
    const parameters = oauth1Parameters(
      { url: 'http://photos.example.net/photos?file=vacation.jpg&size=original', method: 'GET' },
      {
        apiKey: 'dpf43f3p2l4k3l03',
        apiSecret: 'kd94hf93k423kf44',
        token: { key: 'nnch734d00sl2jdk', secret: 'pfkkdhi9sl3r4s00' },
      },
      at(1_191_242_096, 'kllo9940pd9333jh'),
    )
    expect(parameters['oauth_signature']).toBe('tR3+Ty81lMeYAr/Fid0kMTYa/WM=')
  })
})

const keys = { apiKey: 'k', apiSecret: 's', token: { key: 't', secret: 'ts' } }
const signatureOf = (request: Parameters<typeof oauth1Parameters>[0]) =>
  oauth1Parameters(request, keys, at(1_700_000_000, 'n'))['oauth_signature']

/** The signature of RFC 5849 §3.4, written out from the base string's normalized parameters. */
async function expectedSignature(address: string, normalized: string): Promise<string> {
  const { createHmac } = await import('node:crypto')
  const base = ['GET', encodeURIComponent(address), encodeURIComponent(normalized)].join('&')
  return createHmac('sha1', 's&ts').update(base).digest('base64')
}

const OAUTH =
  'oauth_consumer_key=k&oauth_nonce=n&oauth_signature_method=HMAC-SHA1&oauth_timestamp=1700000000&oauth_token=t&oauth_version=1.0'

describe('what is signed', () => {
  for (const [name, url, form, address, normalized] of [
    ['encoded names are not encoded twice', 'https://v.test/x?%24top=5', [], 'https://v.test/x', `%24top=5&${OAUTH}`],
    ['a plus in a query is a blank', 'https://v.test/x?a=1+2', [], 'https://v.test/x', `a=1%202&${OAUTH}`],
    ['every value of a repeated query name', 'https://v.test/x?a=2&a=1', [], 'https://v.test/x', `a=1&a=2&${OAUTH}`],
    [
      'every value of a repeated form name',
      'https://v.test/x',
      [
        ['a', '2'],
        ['a', '1'],
      ],
      'https://v.test/x',
      `a=1&a=2&${OAUTH}`,
    ],
    ['one name in query and form', 'https://v.test/x?a=2', [['a', '1']], 'https://v.test/x', `a=1&a=2&${OAUTH}`],
    ['an equals sign in a value', 'https://v.test/x?a=b=c', [], 'https://v.test/x', `a=b%3Dc&${OAUTH}`],
    ['host in lower case, no default port', 'https://V.test:443/X', [], 'https://v.test/X', OAUTH],
    ['another port counts', 'https://v.test:8443/X', [], 'https://v.test:8443/X', OAUTH],
  ] as [string, string, [string, string][], string, string][]) {
    test(name, async () => {
      expect(signatureOf({ url, method: 'GET', form })).toBe(await expectedSignature(address, normalized))
    })
  }
})

test('the header is percent-encoded as RFC 5849 §3.6 says', () => {
  expect(oauth1Header({ oauth_token: "a b!*'()" })).toBe('OAuth oauth_token="a%20b%21%2A%27%28%29"')
})

test('a query is percent-encoded the same way', () => {
  expect(oauth1Query({ oauth_token: "a b!*'()", x: '1' })).toBe('oauth_token=a%20b%21%2A%27%28%29&x=1')
})
