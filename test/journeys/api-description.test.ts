import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../support/hub.ts'
import { sendRaw } from '../support/raw-request.ts'

/** The description of the API as a stranger finds it: no credentials are needed, and nothing comes from another host. */
let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub()
})
afterAll(() => hub.close())

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(hub.hub.url + path, { headers, redirect: 'manual' })

describe('GET /openapi.json', () => {
  test('is the document, with the address of this hub', async () => {
    const response = await get('/openapi.json')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json;charset=UTF-8')
    const document = (await response.json()) as { openapi: string; servers: unknown; paths: object }
    expect(document.openapi).toBe('3.1.0')
    expect(document.servers).toEqual([{ url: hub.api }])
    expect(document.paths).toHaveProperty(['/instances/{id}', 'get'])
  })

  test('may be read by pages of other origins, and framed by nobody’s rule of ours', async () => {
    const { headers } = await get('/openapi.json', { origin: 'https://app.example.com' })
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.has('x-frame-options')).toBe(false)
  })
})

const FILES = ['/openapi.json', '/reference', '/reference/start.js', '/reference/scalar.js']

describe.each(FILES)('%s', (path) => {
  test('comes once: who has it is told so', async () => {
    const first = await get(path)
    const etag = first.headers.get('etag') ?? ''
    expect(etag).toMatch(/^"[\w-]{43}"$/)
    expect(first.headers.get('cache-control')).toBe('public, no-cache')
    expect(await first.text()).not.toBe('')
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await get(path, { 'if-none-match': known })
      expect(again.status, known).toBe(304)
      expect(again.headers.get('etag')).toBe(etag)
      expect(await again.text()).toBe('')
    }
    expect((await get(path, { 'if-none-match': '"other"' })).status).toBe(200)
  })

  test('is the same with and without compression', async () => {
    const packed = await get(path, { 'accept-encoding': 'br;q=1.0, gzip;q=0.8' })
    expect(packed.headers.get('content-encoding')).toBe('gzip')
    expect(packed.headers.get('vary')).toContain('Accept-Encoding')
    const text = await packed.text()
    for (const coding of ['identity', 'gzip;q=0', 'br']) {
      const plain = await sendRaw(hub, { path, headers: { 'accept-encoding': coding } })
      expect(plain.headers.has('content-encoding'), coding).toBe(false)
      expect(plain.text === text, coding).toBe(true)
    }
  })
})

describe('GET /reference', () => {
  test('may run scripts of this server only, and be framed by nobody', async () => {
    const { headers, status } = await get('/reference')
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(headers.get('x-frame-options')).toBe('DENY')
    const policy = new Map(
      (headers.get('content-security-policy') ?? '').split('; ').map((rule) => {
        const [name = '', ...sources] = rule.split(' ')
        return [name, sources.join(' ')]
      }),
    )
    expect(policy.get('default-src')).toBe("'none'")
    expect(policy.get('script-src')).toBe("'self'")
    expect(policy.get('connect-src')).toBe(`'self' ${hub.hub.url}`)
    expect(policy.get('frame-ancestors')).toBe("'none'")
  })

  test('loads what lies on this server', async () => {
    const page = await (await get('/reference')).text()
    const sources = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source = '']) => source)
    expect(sources).toEqual(['data:,', 'reference/scalar.js', 'reference/start.js'])
    for (const source of sources.slice(1)) {
      const response = await get(new URL(source, `${hub.hub.url}/reference`).pathname)
      expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    }
    const start = await (await get('/reference/start.js')).text()
    expect(page + start).not.toMatch(/https?:\/\//)
    expect(start).toContain('"url":"openapi.json"')
    expect(start).toContain('"withDefaultFonts":false')
  })

  test('with a slash behind it is one level up', async () => {
    const { status, headers } = await get('/reference/?tag=x')
    expect(status).toBe(301)
    expect(new URL(headers.get('location') ?? '', `${hub.hub.url}/reference/`).pathname).toBe('/reference')
  })
})
