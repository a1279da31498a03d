import { expect, test } from 'vitest'
import { testElement } from '../../test/support/simulator-listener.ts'
import { baseAddress, vendorAddress } from './vendor-address.ts'

for (const [text, path, more = {}] of [
  ['/deals', '/deals'],
  ['deals/', '/deals'],
  ['/a//b', '/a/b'],
  ['', '/'],
  [undefined, '/'],
  ['/', '/'],
  [
    '&function=F&symbol={symbol}',
    '/',
    {
      query: [
        ['function', 'F'],
        ['symbol', undefined],
      ],
    },
  ],
  ['?method=list', '/', { query: [['method', 'list']] }],
  ['/items.json?only={id}#top', '/items.json', { query: [['only', undefined]] }],
  ['/x?name%20a=b%20c', '/x', { query: [['name a', 'b c']] }],
  [
    'https://auth.acme.test/oauth//token?grant_type=x',
    '/oauth/token',
    { isAbsolute: true, query: [['grant_type', 'x']] },
  ],
  ['https://{host}.acme.test', '/', { isAbsolute: true }],
] as const)
  test(`"${text}" is the path ${path}`, () =>
    expect(vendorAddress(text)).toEqual({ path, isAbsolute: false, query: [], ...more }))

for (const [url, expected] of [
  ['https://api.acme.test/v2/', { path: '/v2', origin: 'https://api.acme.test', isOpen: false }],
  ['https://api.acme.test/query?apikey={KEY}', { path: '/query', origin: 'https://api.acme.test', isOpen: false }],
  ['https://{site}.acme.test/api', { path: '/api', origin: undefined, isOpen: false }],
  ['https://{host}/{account}', { path: '/{account}', origin: undefined, isOpen: true }],
  ['{baseUrl}/{instance}/api', { path: '/{instance}/api', origin: undefined, isOpen: true }],
  ['http://[stg.]api.acme.test/data', { path: '/data', origin: undefined, isOpen: true }],
  ['https://<yourdomain>/rest/3', { path: '/rest/3', origin: undefined, isOpen: true }],
  ['', { path: '', origin: undefined, isOpen: true }],
] as const)
  test(`base address "${url}"`, () =>
    expect(baseAddress(testElement({ configure: { 'base.url': url } }))).toEqual(expected))
