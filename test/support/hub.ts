import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { AccountsTables } from '../../src/accounts/accounts-table.ts'
import { readSecrets } from '../../src/accounts/sign-in/read-secrets.ts'
import { readConfig } from '../../src/config.ts'
import { CATALOG_FOLDER, type Hub, type HubOptions, readShipped, startHub } from '../../src/main.ts'
import { createTestDatabase } from './database.ts'

/** Read once for all hubs of the process. */
const shipped = readShipped([CATALOG_FOLDER])

export const ADMIN = { email: 'ada@example.com', password: 'correct-horse-1' }

/** A whole hub on a free port with a database of its own, and a client that signs in as its administrator. */
export interface TestHub {
  hub: Hub
  /** `…/elements/api-v2` */
  api: string
  databaseUrl: string
  /** `User …, Organization …` */
  authorization: string
  /** A request as a client would send it; the body is sent as JSON, the answer read as JSON when it is. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>
  /** Base CRM through the simulator's consent page: the instance as `POST /instances` answered it. */
  provisionBase(overrides?: Record<string, unknown>): Promise<Record<string, unknown> & { id: number; token: string }>
  /** A fresh authorization code of the simulated vendor. */
  obtainCode(callbackUrl?: string): Promise<string>
  /** Tokens as an application that ran the code flow by itself would hold them. */
  obtainTokens(): Promise<VendorTokens>
  close(): Promise<void>
}

export interface VendorTokens {
  access_token: string
  refresh_token: string
  expires_in: number
}

export interface CallOptions {
  body?: unknown
  /** added to the administrator's pair */
  token?: string
  /** replaces everything; null sends none */
  authorization?: string | null
  headers?: Record<string, string>
}

export interface Answer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape
  body: any
  text: string
}

export const CALLBACK = 'https://www.mycoolapp.com/auth'

/** @param env settings on top of a free port, a database of its own, a silent log and the simulator in `auto` mode */
export async function startTestHub(env: Record<string, string> = {}, options: HubOptions = {}): Promise<TestHub> {
  const database = await createTestDatabase()
  const dataDir = await mkdtemp(join(tmpdir(), 'valence-test-'))
  const config = readConfig(
    {
      VALENCE_PORT: '0',
      VALENCE_DATA_DIR: dataDir,
      DATABASE_URL: database.url,
      VALENCE_ADMIN_EMAIL: ADMIN.email,
      VALENCE_ADMIN_PASSWORD: ADMIN.password,
      VALENCE_SIMULATE: 'auto',
      VALENCE_LOG_LEVEL: 'silent',
      ...env,
    },
    () => '',
  )
  const files = options.catalogFolders ? {} : { shipped }
  const hub = await startHub(config, { log: pino({ level: 'silent' }), ...files, ...options })
  const admin = await hub.store.db
    .withTables<AccountsTables>()
    .selectFrom('users')
    .select('id as userId')
    .where('email', '=', ADMIN.email)
    .executeTakeFirstOrThrow()
  const secrets = await readSecrets(hub, admin)
  const authorization = `User ${secrets.userSecret}, Organization ${secrets.organizationSecret}`
  const api = `${hub.url}/elements/api-v2`

  const call = async (method: string, path: string, given: CallOptions = {}): Promise<Answer> => {
    const pair = given.token === undefined ? authorization : `${authorization}, Element ${given.token}`
    const header = given.authorization === undefined ? pair : given.authorization
    const response = await fetch(path.startsWith('/your_moms') ? hub.url + path : api + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(header === null ? {} : { authorization: header }),
        ...(given.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...given.headers,
      },
      ...(given.body === undefined ? {} : { body: JSON.stringify(given.body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') && text !== ''
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : undefined, text }
  }
  const obtainCode = async (callbackUrl = CALLBACK): Promise<string> => {
    const query = new URLSearchParams({ apiKey: 'test-key', apiSecret: 'test-secret', callbackUrl })
    const { body } = await call('GET', `/elements/base/oauth/url?${query}`)
    const consent = await fetch(body.oauthUrl, { redirect: 'manual' })
    return new URL(consent.headers.get('location') ?? '').searchParams.get('code') ?? ''
  }
  return {
    hub,
    api,
    databaseUrl: database.url,
    authorization,
    call,
    obtainCode,
    async obtainTokens() {
      const response = await fetch(`${hub.url}/simulator/base/oauth2/token`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'authorization_code',
          code: await obtainCode(),
          redirect_uri: CALLBACK,
          client_id: 'test-key',
          client_secret: 'test-secret',
        }),
      })
      return (await response.json()) as VendorTokens
    },
    async provisionBase(overrides = {}) {
      const answer = await call('POST', '/instances', {
        body: {
          name: 'Base',
          element: { key: 'base' },
          providerData: { code: await obtainCode() },
          configuration: {
            'oauth.api.key': 'test-key',
            'oauth.api.secret': 'test-secret',
            'oauth.callback.url': CALLBACK,
          },
          ...overrides,
        },
      })
      if (answer.status !== 200) throw new Error(`provisioning answered ${answer.status}: ${answer.text}`)
      return answer.body
    },
    async close() {
      await hub.close()
      await database.drop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
