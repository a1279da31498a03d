import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { loadCatalog } from '../../src/elements/catalog.ts'
import { CATALOG_FOLDER } from '../../src/main.ts'
import { loadSimulations } from '../../src/simulator/load-simulations.ts'
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts'
import type { Client } from './client.ts'

/** Simulated Base CRM on a port of its own, for hubs in other processes. Refresh tokens rotate and work once. */
export interface Vendor {
  simulator: Simulator
  /** value of VALENCE_ORIGIN_MAP */
  originMap: string
  /** requests so far to the token endpoint, by grant type; faults that struck there count as `fault` */
  tokenRequests(): { authorizationCode: number; refresh: number; refreshed: number; faults: number }
  /** every access and refresh token it issued, and every code */
  issued: Set<string>
  /** settles when the next answer of the token endpoint has left */
  nextTokenAnswer(): Promise<void>
  /** settles when the next request for this vendor path has arrived */
  nextRequest(path: string): Promise<void>
  /** a fresh authorization code, as the customer's browser would bring it */
  obtainCode(): Promise<string>
  close(): Promise<void>
}

export const CALLBACK = 'https://www.mycoolapp.com/auth'
export const CLIENT = { key: 'contract-key', secret: 'contract-client-secret' }
const TOKEN_PATH = '/oauth2/token'

export async function startVendor(): Promise<Vendor> {
  const catalog = await loadCatalog([CATALOG_FOLDER])
  const simulator = createSimulator({
    elements: catalog.elements.filter(({ key }) => key === 'base'),
    simulations: await loadSimulations([CATALOG_FOLDER]),
    consent: 'auto',
  })
  const issued = new Set<string>()
  const answerWaiters = new Set<() => void>()
  const requestWaiters = new Map<() => void, string>()
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? ''
    for (const [settle, wanted] of requestWaiters) if (path.endsWith(wanted)) settle()
    if (path.endsWith(TOKEN_PATH)) {
      noteTokens(response, issued)
      response.once('finish', () => {
        for (const settle of answerWaiters) settle()
        answerWaiters.clear()
      })
    }
    simulator.handle(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    simulator,
    issued,
    originMap: Object.entries(simulator.origins(base))
      .map(([origin, target]) => `${origin}=${target}`)
      .join(','),
    tokenRequests() {
      const { tokenRequests, refreshes, faults } = simulator.stats('base')
      return {
        authorizationCode: tokenRequests['authorization_code'] ?? 0,
        refresh: tokenRequests['refresh_token'] ?? 0,
        refreshed: refreshes,
        faults,
      }
    },
    nextTokenAnswer: () => new Promise((resolve) => answerWaiters.add(resolve)),
    nextRequest: (path) =>
      new Promise((resolve) => {
        const settle = () => {
          requestWaiters.delete(settle)
          resolve()
        }
        requestWaiters.set(settle, path)
      }),
    async obtainCode() {
      const query = new URLSearchParams({ response_type: 'code', client_id: CLIENT.key, redirect_uri: CALLBACK })
      const consent = await fetch(`${base}/base/oauth2/authorize?${query}`, { redirect: 'manual' })
      const code = new URL(consent.headers.get('location') ?? '').searchParams.get('code') ?? ''
      issued.add(code)
      return code
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Body of `POST /instances` for Base. */
export async function provisionBody(vendor: Vendor, name = 'Base'): Promise<Record<string, unknown>> {
  return {
    name,
    element: { key: 'base' },
    providerData: { code: await vendor.obtainCode() },
    configuration: {
      'oauth.api.key': CLIENT.key,
      'oauth.api.secret': CLIENT.secret,
      'oauth.callback.url': CALLBACK,
    },
  }
}

/** @throws Error unless the hub answered 200 */
export async function provision(client: Client, vendor: Vendor, name?: string): Promise<{ id: number; token: string }> {
  const answer = await client.call('POST', '/instances', { body: await provisionBody(vendor, name) })
  if (answer.status !== 200) throw new Error(`provisioning answered ${answer.status}: ${answer.text}`)
  return answer.body
}

/** The simulator keeps its tokens to itself; its answers show them. */
function noteTokens(response: ServerResponse, issued: Set<string>): void {
  const end = response.end.bind(response) as (chunk?: unknown) => ServerResponse
  response.end = ((chunk?: unknown) => {
    for (const [, token = ''] of String(chunk ?? '').matchAll(/"(?:access|refresh)_token":"([^"]+)"/g))
      issued.add(token)
    return end(chunk)
  }) as ServerResponse['end']
}
