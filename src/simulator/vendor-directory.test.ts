import { afterEach, describe, expect, test } from 'vitest'
import {
  type ListeningSimulator,
  listenSimulator,
  testElement,
  testResource,
} from '../../test/support/simulator-listener.ts'
import type { Element } from '../model/element.ts'
import { originPattern, vendorName } from './vendor-origins.ts'

const listeners: ListeningSimulator[] = []
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.close()
})
async function serve(...elements: Element[]): Promise<ListeningSimulator> {
  const listener = await listenSimulator({ elements })
  listeners.push(listener)
  return listener
}

const TOKENS = { 'oauth.token.url': 'https://login.acme.test/oauth2/token' }
const BASIC = { authorization: `Basic ${Buffer.from('key:').toString('base64')}` }
const basic = (key: string, base: string, ...paths: string[]) =>
  testElement({
    key,
    authentication: { type: 'basic' },
    configure: { 'base.url': base },
    resources: paths.map((path) => testResource('GET', path, path)),
  })

test('elements come and go while it runs', async () => {
  const { simulator, call } = await serve(basic('acme', 'https://api.acme.test', '/things'))
  expect(simulator.put(basic('beta', 'https://api.beta.test/v1', '/parts'), 'beta-10001')).toBe('beta-10001')
  expect((await call('/beta-10001/v1/parts', { headers: BASIC })).status).toBe(200)
  expect(simulator.origins('http://127.0.0.1:1')).toEqual({
    'https://api.acme.test': 'http://127.0.0.1:1/acme',
    'https://acme.simulator.test': 'http://127.0.0.1:1/acme',
    'https://api.beta.test': 'http://127.0.0.1:1/beta-10001',
    'https://beta-10001.simulator.test': 'http://127.0.0.1:1/beta-10001',
  })
  simulator.put(basic('beta', 'https://eu.beta.test', '/parts', '/pieces'), 'beta-10001')
  expect((await call('/beta-10001/pieces', { headers: BASIC })).status).toBe(200)
  expect(Object.keys(simulator.origins('http://127.0.0.1:1'))).not.toContain('https://api.beta.test')
  simulator.addFault({ element: 'beta-10001', fault: 'status:500' })
  expect(simulator.remove('beta-10001')).toBe(true)
  expect(simulator.remove('beta-10001')).toBe(false)
  expect((await call('/beta-10001/pieces', { headers: BASIC })).status).toBe(404)
})

test('an element that changes keeps tokens and counters of its vendor', async () => {
  const oauth = (path: string) =>
    testElement({
      configure: { 'base.url': 'https://api.acme.test', ...TOKENS },
      resources: [testResource('GET', path, path)],
    })
  const acme = await serve(oauth('/old'))
  const headers = { authorization: `Bearer ${await acme.accessToken('acme')}` }
  acme.simulator.put(oauth('/new'))
  expect((await acme.call('/acme/new', { headers })).status).toBe(200)
  expect(acme.simulator.stats('acme').tokenRequests).toEqual({ client_credentials: 1 })
  acme.simulator.reset()
  expect((await acme.call('/acme/new', { headers })).status).toBe(401)
})

describe('elements on one origin', () => {
  const oauth = testElement({
    key: 'mail',
    configure: { 'base.url': 'https://api.acme.test/v1', ...TOKENS },
    resources: [testResource('GET', '/mails', '/mails'), testResource('GET', '/shared', '/shared')],
  })
  const sheets = { ...oauth, key: 'sheets', resources: [testResource('GET', '/sheets', '/sheets')] }

  test('the map names the first, which passes on what it does not serve, with tokens of either', async () => {
    const acme = await serve(oauth, sheets)
    expect(acme.simulator.origins('')['https://api.acme.test']).toBe('/mail')
    const headers = { authorization: `Bearer ${await acme.accessToken('mail')}` }
    expect((await acme.call('/mail/v1/mails', { headers })).status).toBe(200)
    expect((await acme.call('/mail/v1/sheets', { headers })).status).toBe(200)
    expect((await acme.call('/mail/v1/other', { headers })).status).toBe(404)
    expect(acme.simulator.stats('sheets').requests).toEqual({ sheets: { '200': 1 } })
    expect(acme.simulator.requests().map(({ element }) => element)).toContain('sheets')
  })

  test('of several that serve a path the first that takes the credentials answers', async () => {
    const acme = await serve(oauth, basic('legacy', 'https://api.acme.test/v1', '/shared'))
    expect((await acme.call('/mail/v1/shared', { headers: BASIC })).status).toBe(200)
    expect(acme.simulator.stats('legacy').requests).toEqual({ shared: { '200': 1 } })
    expect((await acme.call('/mail/v1/shared')).status).toBe(401)
    expect(acme.simulator.stats('mail').requests).toEqual({ shared: { '401': 1 } })
  })
})

for (const [url, origin] of [
  ['https://API.acme.test:443/v1', 'https://api.acme.test'],
  ['http://acme.test:8080', 'http://acme.test:8080'],
  ['https://{subdomain}.acme.test/api', 'https://*.acme.test'],
  ['https://api-{base}.acme.test/v3', 'https://api-*.acme.test'],
  ['https://{a}.{b}.acme.test', 'https://*.acme.test'],
  ['https://{a}.x.{b}.acme.test', 'https://*.acme.test'],
  ['https://{a}.test', undefined],
  ['https://{URL}/{ID}', undefined],
  ['https://api.{region}', undefined],
  ['{baseUrl}/api', undefined],
  ['http://[stg.]api.acme.test/data', undefined],
  ['https://<yoursubdomain>/rest', undefined],
  ['https://user@acme.test/', undefined],
  ['/deals', undefined],
  ['', undefined],
] as const)
  test(`the origin of "${url}" is ${origin}`, () => expect(originPattern(url)).toBe(origin))

for (const [key, name] of [
  ['acme', 'acme'],
  ['acme crm (proxy)', 'acme-crm-proxy'],
  ['acme.se', 'acme.se'],
  ['../x', 'x'],
  ['__simulator', 'simulator'],
  ['', 'element'],
] as const)
  test(`the name for key "${key}" is ${name}`, () => expect(vendorName(key)).toBe(name))

test('an element with missing and strange members is served as far as it goes', async () => {
  const strange = {
    key: 'odd',
    authentication: null,
    configuration: [null, { key: 'base.url', defaultValue: 7 }, { name: 'no key' }],
    parameters: 'none',
    resources: [{ method: 'GET', path: '/hubs/x/a', vendorPath: '/a', parameters: [3], model: 'm' }, { path: '/b' }, 1],
  } as unknown as Element
  const odd = await serve(strange)
  expect((await odd.call('/odd/a', { headers: { 'x-api-key': 'k' } })).status).toBe(200)
})
