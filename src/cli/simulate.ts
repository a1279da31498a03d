import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { urlHost } from '../config.ts'
import { loadCatalog } from '../elements/catalog.ts'
import { ValenceError } from '../errors.ts'
import { CATALOG_FOLDER } from '../main.ts'
import { loadSimulations } from '../simulator/load-simulations.ts'
import { createSimulator } from '../simulator/simulator.ts'
import type { Webhook } from '../simulator/vendor-webhooks.ts'

export interface SimulateOptions {
  port: string
  host: string
  element?: string[]
  seed: string
  consent: string
  tokenSeconds?: string
}

/** `valence simulate`: stand-ins for vendors on a port of their own, for a hub started with `VALENCE_ORIGIN_MAP`. */
export async function simulate(options: SimulateOptions): Promise<void> {
  const catalog = await loadCatalog([CATALOG_FOLDER])
  const elements = options.element?.map((key) => catalog.find(key) ?? unknown(key)) ?? catalog.elements
  const simulator = createSimulator({
    elements,
    simulations: await loadSimulations([CATALOG_FOLDER]),
    seed: number('--seed', options.seed),
    consent: options.consent === 'auto' ? 'auto' : 'page',
    deliver: post,
    ...(options.tokenSeconds ? { accessTokenSeconds: number('--token-seconds', options.tokenSeconds) } : {}),
  })
  const server = createServer((request, response) => simulator.handle(request, response))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(number('--port', options.port), options.host, resolve)
  })
  const { port } = server.address() as AddressInfo
  const base = `http://${urlHost(options.host)}:${port}`
  console.log(`Simulated vendors (${elements.map(({ key }) => key).join(', ')}) listen on ${base}`)
  const map = Object.entries(simulator.origins(base)).map(([origin, target]) => `${origin}=${target}`)
  console.log(`Start a hub with VALENCE_ORIGIN_MAP='${map.join(',')}'`)
  const stop = () => {
    server.close(() => process.exit(0))
    server.closeAllConnections()
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}

/** A webhook of a simulated vendor, to whatever address subscribed. */
async function post({ url, headers, body }: Webhook): Promise<number> {
  const response = await fetch(url, {
    method: 'POST',
    headers,
    body,
    redirect: 'manual',
    signal: AbortSignal.timeout(10_000),
  })
  await response.body?.cancel()
  return response.status
}

function number(option: string, text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 0) return value
  throw new ValenceError('PARAMETER_INVALID', `${option}: expected a whole number, got "${text}"`)
}

function unknown(key: string): never {
  throw new ValenceError('ELEMENT_NOT_FOUND', `--element: there is no element "${key}"`)
}
