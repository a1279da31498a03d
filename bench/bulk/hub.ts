import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { ADMIN } from '../../test/support/hub-process.ts'
import { type Fleet, startFleet } from '../chaos/fleet.ts'
import { provisionBase } from '../provision.ts'

/** A hub in a process of its own that may be killed, with an instance of Base CRM. */
export interface BulkHub {
  /** stays the same when it is killed and started again */
  url: string
  /** `User …, Organization …` */
  authorization: string
  /** of the instance */
  token: string
  fleet: Fleet
  /** Asks again while the hub is away. */
  read(path: string): Promise<Record<string, unknown>>
}

const AWAY_LIMIT_MS = 120_000

/** @param env VALENCE_DATA_DIR, and DATABASE_URL unless the embedded database is meant */
export async function startBulkHub(vendorUrl: string, env: Record<string, string>): Promise<BulkHub> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const fleet = await startFleet(
    ['all'],
    {
      VALENCE_PORT: String(port),
      VALENCE_ADMIN_EMAIL: ADMIN.email,
      VALENCE_ADMIN_PASSWORD: ADMIN.password,
      VALENCE_ORIGIN_MAP: `https://api.getbase.com=${vendorUrl}`,
      VALENCE_EGRESS_ALLOW: '127.0.0.1',
      VALENCE_LOG_LEVEL: 'error',
      ...env,
    },
    Math.random,
  )
  try {
    const [target] = await provisionBase({ url, ...ADMIN })
    const all = target?.headers['authorization'] ?? ''
    const [, authorization = '', token = ''] = /^(.*), Element (.*)$/.exec(all) ?? []
    const read = (path: string) => readPatiently(`${url}/elements/api-v2${path}`, all)
    return { url, authorization, token, fleet, read }
  } catch (error) {
    await fleet.end()
    throw error
  }
}

async function readPatiently(url: string, authorization: string): Promise<Record<string, unknown>> {
  const since = performance.now()
  for (;;) {
    try {
      const response = await fetch(url, { headers: { authorization } })
      const text = await response.text()
      if (response.status === 200) return JSON.parse(text) as Record<string, unknown>
      if (response.status < 500) throw new Error(`${url} answered ${response.status}: ${text}`)
    } catch (error) {
      // fetch fails with a TypeError when the connection does
      if (!(error instanceof TypeError)) throw error
    }
    if (performance.now() - since > AWAY_LIMIT_MS) throw new Error(`${url} did not answer for ${AWAY_LIMIT_MS} ms`)
    await wait(100)
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
