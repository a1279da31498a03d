import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../support/hub.ts'

/** What somebody would try who may use the hub but must not learn its secrets: every case was possible once. */
let hub: TestHub
/** everything that arrived at the attacker's own host */
const stolen: string[] = []
let evil: Server
let evilUrl = ''
let answerOfEvil: RequestListener

beforeAll(async () => {
  evil = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      stolen.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)} ${body}`)
      answerOfEvil(request, response)
    })
  })
  await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve))
  const { port } = evil.address() as AddressInfo
  evilUrl = `http://127.0.0.1:${port}`
  hub = await startTestHub({ VALENCE_EGRESS_ALLOW: `127.0.0.1:${port}` })
})
afterAll(async () => {
  await hub.close()
  evil.closeAllConnections()
  await new Promise((resolve) => evil.close(resolve))
})
afterEach(() => {
  stolen.length = 0
})

const json = (status: number, body: unknown): RequestListener => {
  return (_request, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
const patch = (id: number, body: unknown) => hub.call('PATCH', `/instances/${id}`, { body })
const contacts = (token: string) => hub.call('GET', '/hubs/crm/contacts', { token })

describe('stored credentials go nowhere new', () => {
  const due = { 'oauth.user.refresh_time': '1', 'oauth.user.refresh_interval': '1' }
  const places = (): [string, Record<string, unknown>][] => [
    [
      'a placeholder with a blank',
      { configuration: { 'oauth.token.refresh_url': 'http://{a b}/x', siteAddress: evilUrl.slice(7), ...due } },
    ],
    ['another token address', { configuration: { 'oauth.token.refresh_url': `${evilUrl}/x`, ...due } }],
    ['another base address', { configuration: { 'base.url': `${evilUrl}/v2` } }],
    ['plain http', { configuration: { 'base.url': 'http://api.getbase.com/v2' } }],
    ['another revocation address', { configuration: { 'oauth.token.revoke_url': `${evilUrl}/x` } }],
    [
      'providerData that brings nothing',
      {
        providerData: { x: 1 },
        configuration: {
          'authentication.type': 'custom',
          'base.url': evilUrl,
          'oauth.api.key': 'x',
          'oauth.api.secret': 'y',
        },
      },
    ],
    [
      'an own access token, but the old refresh token',
      {
        providerData: { access_token: 'mine', expires_in: 1 },
        configuration: {
          'oauth.token.url': evilUrl,
          'oauth.token.refresh_url': evilUrl,
          'oauth.api.key': 'x',
          'oauth.api.secret': 'y',
        },
      },
    ],
    [
      'a code for an own token endpoint that brings no refresh token',
      {
        providerData: { code: 'any' },
        configuration: {
          'oauth.token.url': evilUrl,
          'oauth.token.refresh_url': evilUrl,
          'oauth.api.key': 'x',
          'oauth.api.secret': 'y',
        },
      },
    ],
  ]
  for (const [index, name] of places().map(([fact], at) => [at, fact] as const)) {
    test(name, async () => {
      answerOfEvil = json(200, { access_token: 'mine', expires_in: 1 })
      const made = await hub.provisionBase()
      const { status, body } = await patch(made.id, places()[index]?.[1])
      expect(status).toBe(400)
      expect(JSON.stringify(body)).not.toContain('test-secret')
      await contacts(made.token)
      await hub.call('DELETE', `/instances/${made.id}`)
      for (const request of stolen) expect(request).not.toMatch(/test-secret|refresh_token=(?!mine)|Bearer (?!mine)/)
    })
  }

  test('a secret as a part of a host is refused without being shown', async () => {
    const made = await hub.provisionBase()
    const { status, text } = await patch(made.id, {
      configuration: { 'base.url': 'https://{oauth.api.secret}.vendor.test/' },
    })
    expect(status).toBe(400)
    expect(text).toContain('oauth.api.secret')
    expect(text).not.toContain('test-secret')
  })
})

describe('what a hostile vendor says', () => {
  const attach = async () => {
    const made = await hub.provisionBase()
    const again = {
      'oauth.api.key': 'own-key-1',
      'oauth.api.secret': 'own-secret-1',
      'oauth.user.token': 'own-token-1',
      'oauth.user.refresh_token': 'own-refresh-1',
    }
    const moved = await patch(made.id, {
      configuration: { 'base.url': evilUrl, 'oauth.token.refresh_url': evilUrl, ...again },
    })
    expect(moved.status).toBe(200)
    return made
  }

  test('malformed JSON that quotes the token is shown without it', async () => {
    const made = await attach()
    answerOfEvil = (request, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(`{"echo": "${request.headers.authorization}"`)
    const { status, text } = await contacts(made.token)
    expect(status).toBe(502)
    expect(text).not.toContain('own-token-1')
  })

  test('a token endpoint that quotes secrets and controls is cleaned, in the answer and on the instance', async () => {
    const made = await attach()
    await patch(made.id, { configuration: { 'oauth.user.refresh_time': '1' } })
    answerOfEvil = json(400, { error: 'invalid_grant', error_description: 'own-secret-1 own-refresh-1 \u0000 gone' })
    const { status, text } = await contacts(made.token)
    expect(status).toBe(401)
    const instance = await hub.call('GET', `/instances/${made.id}`)
    expect(instance.body).toMatchObject({ valid: false, credentialRefresh: { state: 'failed' } })
    expect(text + instance.text).not.toMatch(/own-secret-1|own-refresh-1/)
  })

  test('304 with a length does not leave the caller waiting for a body', async () => {
    const made = await attach()
    answerOfEvil = (_request, response) => {
      response.writeHead(304, { 'content-type': 'application/pdf', 'content-length': '4000' })
      response.end()
    }
    const { status, headers } = await contacts(made.token)
    expect(status).toBe(200)
    expect(headers.get('content-length')).not.toBe('4000')
  })

  test('nesting without end is refused', async () => {
    const made = await attach()
    answerOfEvil = (_request, response) =>
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(`${'['.repeat(50_000)}null${']'.repeat(50_000)}`)
    const { status, body } = await contacts(made.token)
    expect(status).toBe(502)
    expect(body.message).toContain('nests deeper')
  })

  test('401 to fresh credentials costs one refresh, not one per call', async () => {
    const made = await attach()
    let refreshes = 0
    answerOfEvil = (request, response) => {
      if (request.method !== 'POST') return json(401, { error: 'missing permission' })(request, response)
      refreshes++
      json(200, { access_token: `own-token-${refreshes + 1}`, refresh_token: 'own-refresh-1', expires_in: 3600 })(
        request,
        response,
      )
    }
    for (let call = 0; call < 5; call++) expect((await contacts(made.token)).status).toBe(401)
    expect(refreshes).toBe(1)
  })
})

describe('a request alone does no harm', () => {
  const long = 'a'.repeat(300)
  for (const authorization of [
    `User nobody, Element ${long}`,
    `User ${long}, Element nobody`,
    `User nobody, Organization nobody, Element ${long}`,
  ]) {
    test(`over-long credentials: ${authorization.slice(0, 40)}…`, async () => {
      for (const path of ['/hubs/crm/contacts', '/instances/configuration']) {
        expect((await hub.call('GET', path, { authorization })).status).toBe(401)
      }
      expect((await fetch(`${hub.hub.url}/healthz`)).status).toBe(200)
    })
  }

  test('bodies without end of nesting are refused', async () => {
    const body = '['.repeat(20_000) + ']'.repeat(20_000)
    for (const path of ['/authentication', '/instances']) {
      const response = await fetch(hub.api + path, {
        method: 'POST',
        headers: { authorization: hub.authorization, 'content-type': 'application/json' },
        body,
      })
      expect(response.status).toBe(400)
    }
  })

  test('other spellings of a number are no ids', async () => {
    const { id } = await hub.provisionBase()
    for (const text of [`0x${id.toString(16)}`, `${id}.0`, `${id}e0`, `%20${id}`, `+${id}`]) {
      expect((await hub.call('GET', `/instances/${text}`)).status, text).toBe(404)
    }
  })

  test('an instance does not grow without end', async () => {
    const made = await hub.provisionBase()
    const many = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`extra.${at}`, 'x'.repeat(60_000)]))
    const { status, body } = await patch(made.id, { configuration: many })
    expect(status).toBe(400)
    expect(body.message).toContain('at most')
  })
})
