/**
 * A local stand-in for vendors, driven by the same element.json that the hub reads. It is the other side of the wire: it
 * shares the element model with the hub and nothing else, so it cannot confirm the engine's mistakes. For development
 * only. Start here; one vendor is `vendor.ts`, what its paths mean is decided in `vendor-plan.ts`, docs/simulator.md is
 * the manual.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Element } from '../model/element.ts'
import { type Call, jsonReply, type Reply, readBody } from './call.ts'
import { answerControl, CONTROL_PREFIX } from './control.ts'
import { createFaultList, FAULT_SPELLINGS, type FaultOrder, parseFault } from './faults.ts'
import { createRequestLog, type LoggedRequest } from './request-log.ts'
import { breakConnection, sendReply } from './send-reply.ts'
import type { Row, Simulation } from './simulation.ts'
import type { VendorStats } from './stats.ts'
import { createVendor, type Vendor } from './vendor.ts'

export interface SimulatorOptions {
  elements: readonly Element[]
  simulations?: Map<string, Simulation>
  /** the same seed gives the same rows; 1 when absent */
  seed?: number
  now?: () => Date
  /** `page` asks the user, `auto` redirects at once */
  consent?: 'page' | 'auto'
  /** life of access tokens; wins over simulation.yaml, 3600 when neither says */
  accessTokenSeconds?: number
  /** our own bugs; the caller gets a 500 either way */
  onError?: (error: unknown) => void
}

export interface VendorInspection {
  stats: VendorStats
  resources: Record<string, Row[]>
}

export interface Simulator {
  /** Every vendor below `/<element key>/…`; without the prefix too when only one element is served. */
  handle(request: IncomingMessage, response: ServerResponse): void
  /**
   * Vendor origin → mapped origin, as VALENCE_ORIGIN_MAP wants it. Where two elements share an origin the first one has it.
   * @param base where the simulator listens: `http://127.0.0.1:9000`
   */
  origins(base: string): Record<string, string>
  /** @throws RangeError when the element is not simulated */
  stats(element: string): VendorStats
  rows(element: string, resource: string): Row[]
  inspect(): Record<string, VendorInspection>
  requests(limit?: number): LoggedRequest[]
  /** @throws RangeError when the order cannot be understood */
  addFault(order: FaultOrder): void
  /**
   * Every access token, of one element or of all, is refused from now on; refresh tokens stay
   * @throws RangeError when the element is not simulated
   */
  expireTokens(element?: string): void
  /** as freshly started: rows, tokens, clients, counters, faults and log */
  reset(): void
}

export function createSimulator(options: SimulatorOptions): Simulator {
  const { elements, simulations, seed = 1, now = () => new Date(), consent = 'page', accessTokenSeconds } = options
  const onError = options.onError ?? ((error) => console.error('simulator:', error))
  const faults = createFaultList(elements.map((element) => element.key))
  const log = createRequestLog()
  const vendors = new Map<string, Vendor>()

  function start(): void {
    for (const element of elements) {
      const simulation = simulations?.get(element.key) ?? {}
      vendors.set(element.key, createVendor({ element, simulation, seed, now, consent, accessTokenSeconds }))
    }
  }

  function vendorOf(key: string): Vendor {
    const vendor = vendors.get(key)
    if (vendor) return vendor
    throw new RangeError(`element "${key}" is not simulated; there are ${[...vendors.keys()].join(', ')}`)
  }

  function inspect(): Record<string, VendorInspection> {
    const entries = [...vendors.values()].map((vendor) => {
      const resources = vendor.resources().map((name) => [name, vendor.rows(name)] as const)
      return [vendor.key, { stats: structuredClone(vendor.stats), resources: Object.fromEntries(resources) }] as const
    })
    return Object.fromEntries(entries)
  }

  const control = {
    faults,
    log,
    inspect,
    reset() {
      faults.clear()
      log.clear()
      start()
    },
    expireTokens(element: string | undefined): boolean {
      if (element !== undefined && !vendors.has(element)) return false
      for (const vendor of vendors.values()) if (element === undefined || vendor.key === element) vendor.expireTokens()
      return true
    },
  }

  /** `/base/v2/contacts` → vendor `base`, `/v2/contacts` */
  function locate(path: string): { vendor: Vendor; path: string } | undefined {
    const end = path.indexOf('/', 1)
    const first = vendors.get(end < 0 ? path.slice(1) : path.slice(1, end))
    if (first) return { vendor: first, path: end < 0 ? '/' : path.slice(end) }
    const [only] = vendors.values()
    return only && vendors.size === 1 && path !== '/' ? { vendor: only, path } : undefined
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? '/'
    const mark = url.indexOf('?')
    const path = mark < 0 ? url : url.slice(0, mark)
    const call = readCall(request, path, mark < 0 ? '' : url.slice(mark + 1))
    const body = request.method === 'GET' || request.method === 'HEAD' ? '' : await readBody(request)
    if (body === undefined) return sendReply(response, tooLarge, undefined)
    call.body = body
    if (path.startsWith(CONTROL_PREFIX)) return sendReply(response, answerControl(control, call), undefined)
    const found = locate(path)
    if (!found) return sendReply(response, index(path), undefined)
    await serveVendor(found.vendor, { ...call, path: found.path }, request, response)
  }

  async function serveVendor(
    vendor: Vendor,
    call: Call,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const asked = takeFaultText(call, request)
    const fault = asked === undefined ? faults.take(vendor.key, call.method, call.path) : parseFault(asked)
    if (asked !== undefined && !fault) {
      const message = `x-simulate-fault "${asked}" is unknown; expected one of ${FAULT_SPELLINGS}`
      return sendReply(response, jsonReply(400, { message }), undefined)
    }
    if (fault) vendor.stats.faults++
    if (fault?.kind === 'reset-before') {
      log.add(vendor.key, call, 0, now(), fault.kind)
      return breakConnection(response)
    }
    if (fault?.kind === 'slow') await delay(fault.delayMs, response)
    if (response.destroyed) return
    const reply = vendor.answer(call, fault)
    log.add(vendor.key, call, reply.status, now(), fault?.kind)
    sendReply(response, reply, fault)
  }

  function index(path: string): Reply {
    const served = [...vendors.values()].map((vendor) => [
      vendor.key,
      { name: vendor.name, origins: vendor.origins, paths: vendor.paths() },
    ])
    return jsonReply(path === '/' ? 200 : 404, {
      message:
        path === '/'
          ? 'Simulated vendors, for development only'
          : `no vendor at "${path}"; paths start with ${[...vendors.keys()].map((key) => `/${key}/`).join(', ')}`,
      vendors: Object.fromEntries(served),
    })
  }

  start()
  return {
    handle(request, response) {
      serve(request, response).catch((error: unknown) => {
        if (response.destroyed || request.destroyed) return
        onError(error)
        if (response.headersSent) return breakConnection(response)
        sendReply(
          response,
          jsonReply(500, {
            message: `the simulator failed: ${error instanceof Error ? error.message : String(error)}`,
          }),
          undefined,
        )
      })
    },
    origins(base) {
      const map: Record<string, string> = {}
      for (const vendor of vendors.values())
        for (const origin of vendor.origins) map[origin] ??= `${base.replace(/\/+$/, '')}/${vendor.key}`
      return map
    },
    stats: (element) => structuredClone(vendorOf(element).stats),
    rows: (element, resource) => vendorOf(element).rows(resource),
    inspect,
    requests: (limit = 50) => log.read(limit),
    addFault(order) {
      const problem = faults.add(order)
      if (problem !== undefined) throw new RangeError(problem)
    },
    expireTokens(element) {
      if (element !== undefined) vendorOf(element)
      control.expireTokens(element)
    },
    reset: control.reset,
  }
}

const tooLarge: Reply = jsonReply(413, { message: 'the simulator reads bodies up to 16 MB' })

const FAULT_PARAMETER = 'simulate_fault'

function readCall(request: IncomingMessage, path: string, queryText: string): Call {
  return {
    method: request.method ?? 'GET',
    path,
    queryText,
    query: new URLSearchParams(queryText),
    headers: request.headers,
    body: '',
  }
}

/** The fault asked for by header or query; the query parameter is taken out, the vendor must not see it. */
function takeFaultText(call: Call, request: IncomingMessage): string | undefined {
  const inQuery = call.query.get(FAULT_PARAMETER)
  if (inQuery !== null) {
    call.query.delete(FAULT_PARAMETER)
    call.queryText = call.query.toString()
  }
  const header = request.headers['x-simulate-fault']
  return inQuery ?? (typeof header === 'string' ? header : undefined)
}

/** Waits, or returns at once when the caller hangs up. */
function delay(delayMs: number, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      response.off('close', done)
      resolve()
    }
    const timer = setTimeout(done, delayMs)
    response.on('close', done)
  })
}
