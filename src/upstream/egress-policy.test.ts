import type { LookupFunction } from 'node:net'
import { afterAll, describe, expect, test } from 'vitest'
import { createEgressPolicy, parseEgressAllow } from './egress-policy.ts'
import { createUpstream } from './send.ts'

/** Names of this test and what they resolve to; nothing here is public except where it says so. */
const NAMES: Record<string, string[]> = {
  'private.test': ['10.0.0.5'],
  'loopback.test': ['127.0.0.1'],
  'metadata.test': ['169.254.169.254'],
  'carrier.test': ['100.64.1.1'],
  'zero.test': ['0.0.0.0'],
  'v6-loopback.test': ['::1'],
  'v6-private.test': ['fd00::1'],
  'v6-link.test': ['fe80::1%eth0'],
  'mapped.test': ['::ffff:127.0.0.1'],
  'nat64.test': ['64:ff9b::a00:1'],
  'mixed.test': ['93.184.216.34', '10.0.0.5'],
  'mixed-v6.test': ['2606:4700:4700::1111', '::1'],
  'nonsense.test': ['not-an-address'],
}
const lookup: LookupFunction = (hostname, _options, callback) => {
  const addresses = NAMES[hostname.replace(/\.$/, '')]
  if (addresses === undefined) throw new Error(`${hostname} must not be resolved`)
  callback(
    null,
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
  )
}
const upstream = createUpstream({ allow: [], originMap: new Map(), lookup })
afterAll(() => upstream.close())

function send(url: string) {
  return upstream.send({ method: 'GET', url, headers: {}, timeoutMs: 2000 })
}

const REFUSED = {
  'IPv4 in every notation': [
    'http://127.0.0.1/',
    'http://127.0.0.1:8080/',
    'https://127.0.0.1/',
    'http://127.0.0.1./',
    'http://127.1/',
    'http://127.0.1/',
    'http://127.255.255.255/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0X7F000001/',
    'http://017700000001/',
    'http://0x7f.0x0.0x0.0x1/',
    'http://0177.0.0.1/',
    'http://0177.0.0.01/',
    'http://0x7f.1/',
    'http://127.0x0.0.1/',
    'http://0x7f.0.0.01/',
    'http://0/',
    'http://0.0.0.0/',
    'http://0x0/',
    'http://10.0.0.1/',
    'http://10.1/',
    'http://167772161/',
    'http://012.0.0.1/',
    'http://172.16.0.1/',
    'http://172.31.255.255/',
    'http://192.168.1.1/',
    'http://3232235777/',
    'http://0xc0a80101/',
    'http://169.254.169.254/latest/meta-data/',
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://0251.0376.0251.0376/',
    'http://169.254.43518/',
    'http://100.64.0.1/',
    'http://100.100.100.200/',
    'http://192.0.0.192/',
    'http://198.18.0.1/',
    'http://192.0.2.1/',
    'http://198.51.100.1/',
    'http://203.0.113.1/',
    'http://224.0.0.1/',
    'http://240.0.0.1/',
    'http://255.255.255.255/',
    'http://168.63.129.16/',
  ],
  'IPv6 in every notation': [
    'http://[::]/',
    'http://[::1]/',
    'http://[::1]:3000/',
    'http://[0:0:0:0:0:0:0:1]/',
    'http://[0000:0000:0000:0000:0000:0000:0000:0001]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[::FFFF:10.0.0.1]/',
    'http://[0:0:0:0:0:ffff:169.254.169.254]/',
    'http://[::127.0.0.1]/',
    'http://[::ffff:0:127.0.0.1]/',
    'http://[fc00::1]/',
    'http://[fd00:ec2::254]/',
    'http://[fe80::1]/',
    'http://[fe80::1%25eth0]/',
    'http://[fe80::1%eth0]/',
    'http://[fec0::1]/',
    'http://[ff02::1]/',
    'http://[2001:db8::1]/',
    'http://[64:ff9b::127.0.0.1]/',
    'http://[64:ff9b::a9fe:a9fe]/',
    'http://[64:ff9b:1::1]/',
    'http://[2002:7f00:1::]/',
    'http://[2002:c0a8:101::1]/',
    'http://[2001::1]/',
    'http://[2001:0:5ef5:79fb:0:0:80ff:fffe]/',
  ],
  'disguised hosts': [
    'http://%31%32%37.0.0.1/',
    'http://127%2e0%2e0%2e1/',
    'http://①②⑦.⓪.⓪.①/',
    'http://１２７.０.０.１/',
    'http://127。0。0。1/',
    'http://127．0｡0．1/',
    'http://0x7f%2e1/',
    'http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/',
    'http://ｌｏｃａｌｈｏｓｔ/',
    'http://loc\u00adalhost/',
    'http://%6cocalhost/',
    'ht\ntp://127.0.0.1/',
    'http://127.0\t.0.1/',
    '  http://127.0.0.1/  ',
    'http:127.0.0.1/',
    'http:/127.0.0.1/',
    'http:\\\\127.0.0.1\\x',
    'http:///127.0.0.1/',
    'http://127.0.0.1\\@vendor.com/',
    'http://127.0.0.1#@vendor.com/',
    'http://127.0.0.1?@vendor.com/',
  ],
  'user names and passwords': [
    'http://vendor.com@127.0.0.1/',
    'http://vendor.com:443@127.0.0.1/',
    'https://me:hush@vendor.com/',
    'https://me@vendor.com/',
    'https://:hush@vendor.com/',
    'http://a@b@127.0.0.1/',
    'http://vendor.com%2f@127.0.0.1/',
  ],
  'names that never are public': [
    'http://localhost/',
    'http://LOCALHOST:8080/',
    'http://localhost./',
    'http://a.localhost/',
    'http://A.B.LocalHost./',
    'http://localhost.localdomain/',
    'http://ip6-localhost/',
    'http://metadata/',
    'http://metadata.google.internal/computeMetadata/v1/',
    'http://Metadata.Google.Internal./',
    'http://metadata.goog/',
    'http://instance-data/',
    'http://instance-data.ec2.internal/',
    'http://printer.local/',
    'http://nas.home.arpa/',
  ],
  'names that resolve to what is not public': Object.keys(NAMES).flatMap((name) => [
    `http://${name}/`,
    `https://${name.toUpperCase()}.:8443/`,
  ]),
  'other schemes and no addresses': [
    'ftp://vendor.com/',
    'file:///etc/passwd',
    'gopher://127.0.0.1:70/',
    'data:text/plain,hello',
    'javascript:0',
    'ws://vendor.com/',
    'unix:/var/run/docker.sock',
    'blob:https://vendor.com/x',
    '/contacts',
    '//vendor.com/contacts',
    'vendor.com/contacts',
    '',
    'http://',
    'http://256.256.256.256/',
    'http://1.2.3.4.5/',
    'http://0x100000000/',
    'http://[::1',
    'http://vendor.com:99999/',
    'http://a b/',
  ],
}

for (const [kind, urls] of Object.entries(REFUSED))
  describe(kind, () => {
    for (const url of urls)
      test(`${JSON.stringify(url)} is refused`, async () => {
        await expect(send(url)).rejects.toMatchObject({ code: 'EGRESS_REFUSED', status: 400 })
      })
  })

test('the corpus is as large as it should be', () => expect(Object.values(REFUSED).flat().length).toBeGreaterThan(150))

test('the message names the host and the way out, not the address a name resolved to', async () => {
  const error = await send('https://private.test/x?token=hush').catch((refusal: Error) => refusal)
  expect(error).toMatchObject({
    message:
      'Requests to "private.test" are refused: it resolves to a private address. To allow it, add private.test:443 to VALENCE_EGRESS_ALLOW.',
  })
})

test('a password in the address is not repeated', async () => {
  for (const url of ['https://me:hush@vendor.com/?q=hush', 'https://me:hush@[bad/?q=hush', 'me:hush@vendor.com'])
    await expect(send(url)).rejects.toThrow(/^(?!.*hush).*$/s)
})

const ALLOWED = [
  ['nothing', [], 'vendor.com', 443, 'judge-addresses'],
  ['nothing', [], '8.8.8.8', 443, 'open'],
  ['nothing', [], '[2606:4700:4700::1111]', 443, 'open'],
  ['a host', ['laptop.test'], 'laptop.test', 8080, 'open'],
  ['a host', ['Laptop.TEST.'], 'laptop.test.', 8080, 'open'],
  ['a host', ['laptop.test'], 'a.laptop.test', 8080, 'judge-addresses'],
  ['an international host', ['münchen.test'], 'xn--mnchen-3ya.test', 80, 'open'],
  ['localhost', ['localhost'], 'localhost', 3000, 'open'],
  ['a wildcard', ['*.example.org'], 'a.b.example.org', 443, 'open'],
  ['a wildcard', ['*.example.org'], 'example.org', 443, 'judge-addresses'],
  ['a wildcard', ['*.example.org'], 'badexample.org', 443, 'judge-addresses'],
  ['a wildcard with a port', ['*.internal:8443'], 'a.internal', 8443, 'open'],
  ['a wildcard with a port', ['*.internal:8443'], 'a.internal', 443, 'refused'],
  ['an address', ['127.0.0.1'], '127.0.0.1', 9000, 'open'],
  ['an address', ['127.0.0.1'], '127.0.0.2', 9000, 'refused'],
  ['an address in hexadecimal', ['0x7f.1'], '127.0.0.1', 9000, 'open'],
  ['an address with a port', ['127.0.0.1:9000'], '127.0.0.1', 9000, 'open'],
  ['an address with a port', ['127.0.0.1:9000'], '127.0.0.1', 9001, 'refused'],
  ['an address', ['127.0.0.1'], '[::ffff:7f00:1]', 9000, 'open'],
  ['a block', ['10.0.0.0/8'], '10.200.1.1', 80, 'open'],
  ['a block', ['10.0.0.0/8'], '192.168.0.1', 80, 'refused'],
  ['a block', ['10.0.0.0/8'], '[64:ff9b::a00:1]', 80, 'refused'],
  ['an IPv6 block', ['fd00::/8'], '[fd00::1]', 80, 'open'],
  ['an IPv6 address', ['::1'], '[::1]', 80, 'open'],
  ['an IPv6 address in brackets', ['[::1]'], '[::1]', 80, 'open'],
  ['an IPv6 address with a port', ['[::1]:3000'], '[::1]', 3000, 'open'],
  ['an IPv6 address with a port', ['[::1]:3000'], '[::1]', 80, 'refused'],
  ['a host with a port', ['localhost:3000'], 'localhost', 80, 'refused'],
] as const
for (const [what, allow, host, port, expected] of ALLOWED)
  test(`with ${what} (${allow.join()}) ${host}:${port} is ${expected}`, () => {
    const admit = () => createEgressPolicy(allow).admit(host, port)
    if (expected === 'refused') expect(admit).toThrow(expect.objectContaining({ code: 'EGRESS_REFUSED' }))
    else expect(admit()).toBe(expected)
  })

for (const [allow, addresses, port, isRefused] of [
  [[], ['93.184.216.34', '2606:4700:4700::1111'], 443, false],
  [[], ['93.184.216.34', '10.0.0.5'], 443, true],
  [['10.0.0.0/8'], ['93.184.216.34', '10.0.0.5'], 443, false],
  [['127.0.0.1:9000'], ['127.0.0.1'], 9000, false],
  [['127.0.0.1:9000'], ['127.0.0.1'], 9001, true],
  [['127.0.0.1:9000'], ['127.0.0.1', '::1'], 9000, true],
] as const)
  test(`with [${allow}] a name for ${addresses} is ${isRefused ? 'refused' : 'called'} on port ${port}`, () => {
    const found = addresses.map((address) => ({ address, family: 4 }))
    expect(createEgressPolicy(allow).refusalOf('name.test', port, found) !== undefined).toBe(isRefused)
  })

test('entries are separated by commas and white space', () =>
  expect(parseEgressAllow(' a.test, *.b.test:8443\n10.0.0.0/8 ,,[::1]:80')).toEqual([
    'a.test',
    '*.b.test:8443',
    '10.0.0.0/8',
    '[::1]:80',
  ]))

for (const entry of [
  'http://localhost:3000',
  'localhost:0',
  'localhost:99999',
  'localhost:port',
  '*',
  '*.10.0.0.1',
  'a.*.test',
  '10.0.0.0/33',
  '10.0.0.0/8:80',
  '300.1.1.1',
  '[::1',
  'host/path',
  'me@host',
])
  test(`"${entry}" is no entry of VALENCE_EGRESS_ALLOW`, () =>
    expect(() => parseEgressAllow(`ok.test,${entry}`)).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID', message: expect.stringContaining(`"${entry}"`) }),
    ))
