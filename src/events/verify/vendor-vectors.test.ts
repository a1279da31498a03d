import { expect, test } from 'vitest'
import { type Declared, hmac, judge, request, type Sent } from '../../../test/support/signed-webhook.ts'

interface Vector {
  declared: Declared
  sent: Sent
  /** epoch seconds at the receiver */
  at: number
}

const SLACK_BODY =
  'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c'
const HUBSPOT_URL = 'https://hub.example.com/elements/api-v2/events/hubspot/MjA5MzE=?a=%20b'
const STRIPE_SECRET = 'whsec_published-as-text'
const AT = 1_614_265_330

/** What vendors publish; computed by their recipe where they publish no values. */
const VECTORS: Record<string, Vector> = {
  // docs.github.com, "Validating webhook deliveries", testing the webhook payload validation
  'GitHub: sha256= and hex over the body': {
    declared: { type: 'hmac', name: 'X-Hub-Signature-256', prefix: 'sha256=', key: "It's a Secret to Everybody" },
    sent: {
      headers: {
        'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
      },
      body: 'Hello, World!',
    },
    at: AT,
  },
  // api.slack.com/authentication/verifying-requests-from-slack
  'Slack: v0, time and body': {
    declared: {
      type: 'hmac',
      name: 'X-Slack-Signature',
      prefix: 'v0=',
      content: 'v0:{timestamp}:{body}',
      'timestamp.header': 'X-Slack-Request-Timestamp',
      key: '8f742231b10e8888abcd99yyyzzz85a5',
    },
    sent: {
      headers: {
        'X-Slack-Signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
        'X-Slack-Request-Timestamp': '1531420618',
      },
      body: SLACK_BODY,
    },
    at: 1_531_420_618 + 60,
  },
  // github.com/standard-webhooks/standard-webhooks, the vector of its libraries
  'Standard Webhooks: id, time and body, several signatures': {
    declared: {
      type: 'hmac',
      name: 'webhook-signature',
      format: 'list',
      prefix: 'v1,',
      encoding: 'base64',
      content: '{header:webhook-id}.{timestamp}.{body}',
      'timestamp.header': 'webhook-timestamp',
      'key.encoding': 'standard',
      key: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    },
    sent: {
      headers: {
        'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
        'webhook-timestamp': String(AT),
        'webhook-signature':
          'v1,b2xkIGtleSBvciBzb21lYm9keSBlbHNlJ3MgMTIzNDU= v1a,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
      },
      body: '{"test": 2432232314}',
    },
    at: AT - 120,
  },
  // twilio.com/docs/usage/security and the documentation of its libraries
  'Twilio: address and sorted form fields, sha1': {
    declared: {
      type: 'hmac',
      algorithm: 'sha1',
      encoding: 'base64',
      name: 'X-Twilio-Signature',
      content: '{url}{form}',
      key: '12345',
    },
    sent: {
      headers: { 'X-Twilio-Signature': 'RSOYDt4T1cUTdK1PDd93/VVr8B8=' },
      url: 'https://mycompany.com/myapp.php?foo=1&bar=2',
      body: 'Digits=1234&To=%2B18005551212&From=%2B14158675309&Caller=%2B14158675309&CallSid=CA1234567890ABCDE',
    },
    at: AT,
  },
  // RFC 8032 §7.1, test 3: the key as Discord gives it, hex
  'Ed25519 over the body, hex': {
    declared: {
      type: 'ed25519',
      name: 'X-Signature-Ed25519',
      key: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    },
    sent: {
      headers: {
        'X-Signature-Ed25519':
          '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
      },
      body: Buffer.from('af82', 'hex'),
    },
    at: AT,
  },
  // docs.stripe.com/webhooks#verify-manually (no published values)
  'Stripe: t and v1 in one header, two of them while the key changes': {
    declared: {
      type: 'hmac',
      name: 'Stripe-Signature',
      format: 'fields',
      field: 'v1',
      'timestamp.field': 't',
      content: '{timestamp}.{body}',
      key: STRIPE_SECRET,
    },
    sent: {
      headers: {
        'Stripe-Signature': `t=${AT},v1=${'00'.repeat(32)},v1=${hmac(STRIPE_SECRET, `${AT}.{"id":"evt_1"}`).toString('hex')},v0=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39`,
      },
      body: '{"id":"evt_1"}',
    },
    at: AT,
  },
  // developers.hubspot.com, "Validating requests", v3 (no published values)
  'HubSpot v3: method, address, body and time in milliseconds': {
    declared: {
      type: 'hmac',
      name: 'X-HubSpot-Signature-v3',
      encoding: 'base64',
      content: '{method}{url}{body}{timestamp}',
      'timestamp.header': 'X-HubSpot-Request-Timestamp',
      'timestamp.unit': 'milliseconds',
      key: 'client-secret',
    },
    sent: {
      headers: {
        'X-HubSpot-Signature-v3': hmac('client-secret', `POST${HUBSPOT_URL}[{"eventId":1}]${AT}000`).toString('base64'),
        'X-HubSpot-Request-Timestamp': `${AT}000`,
      },
      url: HUBSPOT_URL,
      body: '[{"eventId":1}]',
    },
    at: AT + 299,
  },
  // help.shopify.com, "Verify a webhook" (no published values)
  'Shopify: base64 over the body': {
    declared: { type: 'hmac', name: 'X-Shopify-Hmac-Sha256', encoding: 'base64', key: 'hush' },
    sent: { headers: { 'x-shopify-hmac-sha256': hmac('hush', '{}').toString('base64') }, body: '{}' },
    at: AT,
  },
  // docs.gitlab.com, webhooks: the secret token itself
  'GitLab: the shared secret': {
    declared: { type: 'secret', name: 'X-Gitlab-Token', key: 'hush' },
    sent: { headers: { 'X-Gitlab-Token': 'hush' } },
    at: AT,
  },
}

for (const [name, { declared, sent, at }] of Object.entries(VECTORS)) {
  const now = new Date(at * 1000)

  test(`${name}: passes`, async () => {
    expect(await judge(declared, sent, now)).toEqual({ ok: true })
  })

  test.runIf(declared['type'] !== 'secret')(`${name}: refused with one bit of the body changed`, async () => {
    const { body } = request(sent)
    const last = body.length - 1
    const altered = Buffer.from(body)
    altered[last] = (altered[last] ?? 0) ^ 1
    expect(await judge(declared, { ...sent, body: altered }, now)).toMatchObject({ ok: false })
  })

  test(`${name}: refused with another key, taken while that is the previous one`, async () => {
    const key = declared['key'] ?? ''
    const other = declared['key.encoding'] === 'standard' ? `whsec_${'A'.repeat(32)}` : otherKey(key)
    expect(await judge({ ...declared, key: other }, sent, now)).toMatchObject({ ok: false })
    expect(await judge({ ...declared, key: other, 'key.previous': key }, sent, now)).toEqual({ ok: true })
  })
}

function otherKey(key: string): string {
  // public keys stay public keys: that of RFC 8032 §7.1, test 2
  return key.length === 64 ? '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c' : `${key}.`
}
