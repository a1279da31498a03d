import { generateKeyPairSync, sign } from 'node:crypto'
import { expect, test } from 'vitest'
import { BODY, type Declared, hmac, judge, NOW, SECONDS, type Sent } from '../../../test/support/signed-webhook.ts'

const KEY = 'the key of this instance'
const OTHER = 'the key of another instance'
const DECLARED: Declared = {
  type: 'hmac',
  name: 'X-Signature',
  prefix: 'sha256=',
  content: '{timestamp}.{body}',
  'timestamp.header': 'X-Timestamp',
  key: KEY,
}
const FIELDS: Declared = {
  type: 'hmac',
  name: 'X-Signature',
  format: 'fields',
  field: 'v1',
  'timestamp.field': 't',
  content: '{timestamp}.{body}',
  key: KEY,
}
const LIST: Declared = {
  type: 'hmac',
  name: 'webhook-signature',
  format: 'list',
  prefix: 'v1,',
  encoding: 'base64',
  content: '{header:webhook-id}.{timestamp}.{body}',
  'timestamp.header': 'webhook-timestamp',
  key: KEY,
}
const SECRET: Declared = { type: 'secret', name: 'X-Token', key: KEY }

const GOOD = hmac(KEY, `${SECONDS}.${BODY}`).toString('hex')
const at = (seconds: number) => String(NOW.getTime() / 1000 + seconds)
const signedAt = (time: string, key = KEY, body = BODY) => ({
  'X-Timestamp': time,
  'X-Signature': `sha256=${hmac(key, `${time}.${body}`).toString('hex')}`,
})
const standard = (signature = hmac(KEY, `id.${SECONDS}.${BODY}`).toString('base64')) => ({
  'webhook-id': 'id',
  'webhook-timestamp': SECONDS,
  'webhook-signature': `v1,${signature}`,
})
const good = signedAt(SECONDS)
const stripe = `t=${SECONDS},v1=${GOOD}`

const TAKEN: [name: string, declared: Declared, sent: Sent][] = [
  ['the signature as declared', DECLARED, { headers: good }],
  ['names of headers in any case', DECLARED, { headers: upper(good) }],
  [
    'hex in upper case: the same bytes',
    DECLARED,
    { headers: { ...good, 'X-Signature': `sha256=${GOOD.toUpperCase()}` } },
  ],
  ['a clock that is as late as tolerated', DECLARED, { headers: signedAt(at(-300)) }],
  ['a clock that is as early as tolerated', DECLARED, { headers: signedAt(at(300)) }],
  ['a repetition inside the tolerance: the delivery id tells it (docs/events.md)', DECLARED, { headers: good }],
  ['fields', FIELDS, { headers: { 'X-Signature': stripe } }],
  ['a list', LIST, { headers: standard() }],
  ['an empty body, signed', DECLARED, { headers: signedAt(SECONDS, KEY, ''), body: '' }],
  ['a shared secret', SECRET, { headers: { 'X-Token': KEY } }],
  [
    'a shared secret of the query',
    { ...SECRET, place: 'query', name: 'token' },
    { url: `https://hub.example.com/e?token=${encodeURIComponent(KEY)}` },
  ],
  ['nothing declared, nothing checked', {}, {}],
  ['a declaration without a key is not in force yet', { ...DECLARED, key: '' }, {}],
]

const REFUSED: [name: string, declared: Declared, sent: Sent, reason: RegExp][] = [
  ['no header', DECLARED, {}, /x-signature is missing/],
  ['no timestamp', DECLARED, { headers: { 'X-Signature': good['X-Signature'] } }, /x-timestamp is missing/],
  ['an empty header', DECLARED, { headers: { ...good, 'X-Signature': '' } }, /is empty/],
  ['an empty signature', DECLARED, { headers: { ...good, 'X-Signature': 'sha256=' } }, /not hex/],
  ['no prefix', DECLARED, { headers: { ...good, 'X-Signature': GOOD } }, /does not begin with/],
  ['the prefix of another algorithm', DECLARED, { headers: { ...good, 'X-Signature': `sha1=${GOOD}` } }, /begin with/],
  [
    'another algorithm behind the right prefix',
    DECLARED,
    { headers: { ...good, 'X-Signature': `sha256=${hmac(KEY, `${SECONDS}.${BODY}`, 'sha1').toString('hex')}` } },
    /no signature matches/,
  ],
  ['the key of another instance', DECLARED, { headers: signedAt(SECONDS, OTHER) }, /no signature matches/],
  ['an old timestamp', DECLARED, { headers: signedAt(at(-301)) }, /301 s old/],
  ['a timestamp of the future', DECLARED, { headers: signedAt(at(301)) }, /301 s in the future/],
  ['an altered timestamp', DECLARED, { headers: { ...good, 'X-Timestamp': at(1) } }, /no signature matches/],
  ['a timestamp written differently', DECLARED, { headers: { ...good, 'X-Timestamp': `0${SECONDS}` } }, /no signature/],
  ['a timestamp that is no number', DECLARED, { headers: { ...good, 'X-Timestamp': '1e9' } }, /not a time/],
  ['a negative timestamp', DECLARED, { headers: { ...good, 'X-Timestamp': '-1' } }, /not a time/],
  ['a timestamp beyond all time', DECLARED, { headers: { ...good, 'X-Timestamp': '9'.repeat(30) } }, /not a time/],
  ['an altered body', DECLARED, { headers: good, body: BODY.replace('7', '8') }, /no signature matches/],
  ['a body with a byte more', DECLARED, { headers: good, body: `${BODY}\n` }, /no signature matches/],
  ['no body', DECLARED, { headers: good, body: '' }, /no signature matches/],
  ['a byte moved from the time to the body', DECLARED, { headers: good, body: `.${BODY}` }, /no signature matches/],
  [
    'the header twice, the good one first',
    DECLARED,
    { headers: [...Object.entries(good), ['x-signature', `sha256=${'0'.repeat(64)}`]] },
    /there 2 times/,
  ],
  [
    'the header twice, the same',
    DECLARED,
    { headers: [...Object.entries(good), ['X-SIGNATURE', good['X-Signature']]] },
    /there 2 times/,
  ],
  [
    'the header twice, joined by a comma',
    DECLARED,
    { headers: { ...good, 'X-Signature': `${good['X-Signature']}, ${good['X-Signature']}` } },
    /not hex/,
  ],
  ['the timestamp twice', DECLARED, { headers: [...Object.entries(good), ['x-timestamp', SECONDS]] }, /there 2 times/],
  [
    'the timestamp twice, joined',
    DECLARED,
    { headers: { ...good, 'X-Timestamp': `${SECONDS}, ${SECONDS}` } },
    /not a time/,
  ],
  ['a truncated signature', DECLARED, { headers: { ...good, 'X-Signature': `sha256=${GOOD.slice(0, 62)}` } }, /no sig/],
  ['half a byte less', DECLARED, { headers: { ...good, 'X-Signature': `sha256=${GOOD.slice(0, 63)}` } }, /not hex/],
  ['a signature with more behind it', DECLARED, { headers: { ...good, 'X-Signature': `sha256=${GOOD}00` } }, /no sig/],
  ['a space behind it', DECLARED, { headers: { ...good, 'X-Signature': `sha256=${GOOD} ` } }, /not hex/],
  ['base64 where hex is declared', DECLARED, { headers: { ...good, 'X-Signature': `sha256=${b64(GOOD)}` } }, /not hex/],
  [
    'letters that look like hex',
    DECLARED,
    { headers: { ...good, 'X-Signature': `sha256=${'а'.repeat(64)}` } },
    /not hex/,
  ],
  ['digits of another script', DECLARED, { headers: { ...good, 'X-Timestamp': '١٧٦٤' } }, /not a time/],
  ['a zero byte', DECLARED, { headers: { ...good, 'X-Signature': `sha256=${GOOD}\0` } }, /not hex/],
  ['a huge header', DECLARED, { headers: { ...good, 'X-Signature': `sha256=${'0'.repeat(1e6)}` } }, /more than 8192/],
  ['a huge timestamp', DECLARED, { headers: { ...good, 'X-Timestamp': '0'.repeat(1e6) } }, /more than 8192/],
  [
    'required and no key',
    { ...DECLARED, key: '', required: 'true' },
    { headers: signedAt(SECONDS, '') },
    /key is not set/,
  ],

  ['fields without a signature', FIELDS, { headers: { 'X-Signature': `t=${SECONDS},v0=${GOOD}` } }, /no signature of/],
  ['fields without a time', FIELDS, { headers: { 'X-Signature': `v1=${GOOD}` } }, /no timestamp/],
  ['a field twice', FIELDS, { headers: { 'X-Signature': `t=${at(9)},${stripe}` } }, /a field twice/],
  ['the header twice and joined', FIELDS, { headers: { 'X-Signature': `${stripe}, ${stripe}` } }, /a field twice/],
  ['no fields at all', FIELDS, { headers: { 'X-Signature': GOOD } }, /no list of name=value/],
  [
    'a hundred signatures to try',
    FIELDS,
    { headers: { 'X-Signature': `${stripe}${`,v1=${GOOD}`.repeat(100)}` } },
    /more than 32 entries/,
  ],
  ['nine of them', FIELDS, { headers: { 'X-Signature': `${stripe}${`,v1=${GOOD}`.repeat(8)}` } }, /more than 8/],
  [
    'the time of the field altered',
    FIELDS,
    { headers: { 'X-Signature': `t=${at(1)},v1=${GOOD}` } },
    /no signature matches/,
  ],

  [
    'a list of another version only',
    LIST,
    { headers: { ...standard(), 'webhook-signature': 'v2,AAAA' } },
    /no signature of/,
  ],
  ['a list, joined by a comma', LIST, { headers: { ...standard(), 'webhook-signature': joined() } }, /not base64/],
  ['another id', LIST, { headers: { ...standard(), 'webhook-id': 'id2' } }, /no signature matches/],
  ['no id', LIST, { headers: { ...standard(), 'webhook-id': '' } }, /webhook-id is empty/],
  [
    'an id that moves the dot',
    LIST,
    { headers: { ...standard(), 'webhook-id': `id.${SECONDS}` } },
    /no signature matches/,
  ],

  ['another secret', SECRET, { headers: { 'X-Token': OTHER } }, /another one/],
  ['a part of the secret', SECRET, { headers: { 'X-Token': KEY.slice(0, -1) } }, /another one/],
  [
    'the secret twice',
    SECRET,
    {
      headers: [
        ['X-Token', KEY],
        ['x-token', KEY],
      ],
    },
    /there 2 times/,
  ],
  ['no secret', SECRET, {}, /is missing/],
  [
    'the secret twice in the query',
    { ...SECRET, place: 'query', name: 'token', key: 'hush' },
    { url: 'https://hub.example.com/e?token=hush&token=hush' },
    /there 2 times/,
  ],
  [
    'the key in no declared form',
    { ...LIST, 'key.encoding': 'standard', key: 'whsec_!' },
    { headers: standard() },
    /whsec_/,
  ],
  ['a declaration that cannot be read', { ...DECLARED, type: 'hmca' }, { headers: good }, /signature\.type/],
]

for (const [name, declared, sent] of TAKEN) {
  test(`taken: ${name}`, async () => expect(await judge(declared, sent)).toEqual({ ok: true }))
}

for (const [name, declared, sent, reason] of REFUSED) {
  test(`refused: ${name}`, async () => {
    const verdict = await judge(declared, sent)
    expect(verdict).toMatchObject({ ok: false, reason: expect.stringMatching(reason) })
    for (const secret of [KEY, OTHER, GOOD]) expect(JSON.stringify(verdict)).not.toContain(secret)
    expect(verdict).not.toHaveProperty('cause')
  })
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ed = generateKeyPairSync('ed25519')
const content = Buffer.from(SECONDS + BODY)
const asymmetric = (type: string, key: string, signature: Buffer, more: Declared = {}): [Declared, Sent] => [
  {
    type,
    name: 'X-Signature',
    encoding: 'base64',
    content: '{timestamp}{body}',
    'timestamp.header': 'X-Timestamp',
    key,
    ...more,
  },
  { headers: { 'X-Signature': signature.toString('base64'), 'X-Timestamp': SECONDS } },
]
const pem = (pair: { publicKey: typeof rsa.publicKey }) =>
  pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()
const spki = (pair: { publicKey: typeof rsa.publicKey }) => pair.publicKey.export({ type: 'spki', format: 'der' })
const jwk = (pair: { publicKey: typeof rsa.publicKey }) => JSON.stringify(pair.publicKey.export({ format: 'jwk' }))
const rsaSigned = sign('sha256', content, rsa.privateKey)
const ecSigned = sign('sha256', content, ec.privateKey)
const edSigned = sign(null, content, ed.privateKey)

for (const [name, [declared, sent], isTaken] of [
  ['RSA, PEM', asymmetric('rsa', pem(rsa), rsaSigned), true],
  ['RSA, PEM in one line', asymmetric('rsa', pem(rsa).replaceAll('\n', '\\n'), rsaSigned), true],
  ['RSA, JWK', asymmetric('rsa', jwk(rsa), rsaSigned), true],
  ['ECDSA, base64 of the key (SendGrid)', asymmetric('ecdsa', spki(ec).toString('base64'), ecSigned), true],
  [
    'Ed25519, hex of the 32 bytes (Discord)',
    asymmetric('ed25519', spki(ed).subarray(-32).toString('hex'), edSigned),
    true,
  ],
  ['Ed25519, whpk_', asymmetric('ed25519', `whpk_${spki(ed).subarray(-32).toString('base64')}`, edSigned), true],
  ['an RSA key of 1024 bits', asymmetric('rsa', pem(weak), sign('sha256', content, weak.privateKey)), false],
  ['a signature of another kind of key', asymmetric('rsa', pem(ec), ecSigned), false],
  ['RSA with another hash', asymmetric('rsa', pem(rsa), sign('sha512', content, rsa.privateKey)), false],
  ['an HMAC with the public key as its secret', asymmetric('rsa', pem(rsa), hmac(pem(rsa), content)), false],
  ['an ECDSA signature that is no DER', asymmetric('ecdsa', pem(ec), Buffer.alloc(64, 1)), false],
  ['an Ed25519 signature of zeros', asymmetric('ed25519', jwk(ed), Buffer.alloc(64)), false],
  [
    'a key that is none',
    asymmetric('rsa', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----', rsaSigned),
    false,
  ],
] as const) {
  test(`${isTaken ? 'taken' : 'refused'}: ${name}`, async () => {
    const verdict = await judge(declared, sent)
    expect(verdict.ok).toBe(isTaken)
    expect(verdict).not.toHaveProperty('cause')
  })
}

function upper(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]))
}

function b64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64')
}

function joined(): string {
  const { 'webhook-signature': one } = standard()
  return `${one}, ${one}`
}
