/**
 * A local stand-in for vendors, driven by the same element.json that the hub reads. It is the other side of the wire: it
 * shares the element model with the hub and nothing else, so it cannot confirm the engine's mistakes. For development
 * only. Start here; one vendor is `vendor.ts`, what its paths mean is decided in `vendor-plan.ts`, docs/simulator.md is
 * the manual.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Element } from '../model/element.ts'
import { type Call, jsonReply, type Reply } from './call.ts'
import { answerControl, CONTROL_PREFIX } from './control.ts'
import { createFaultList, FAULT_SPELLINGS, type FaultOrder, parseFault } from './faults.ts'
import { readBody } from './read-body.ts'
import { createRequestLog, type LoggedRequest } from './request-log.ts'
import { breakConnection, sendReply } from './send-reply.ts'
import type { Row, Simulation } from './simulation.ts'
import type { VendorStats } from './stats.ts'
import { createVendor, type Vendor } from './vendor.ts'
import { createVendorDirectory } from './vendor-directory.ts'

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
  /** Every vendor below `/<name>/…`; without the prefix too when only one element is served. */
  handle(request: IncomingMessage, response: ServerResponse): void
  /**
   * Serves an element from now on, or from now on as it is given here: rows start anew, tokens stay good.
   * @param name first segment of its paths; the element's key when absent
   * @returns the name, without characters that a path segment cannot hold
   */
  put(element: Element, name?: string): string
  /** @returns whether there was one */
  remove(name: string): boolean
  /**
   * Vendor origin → mapped origin, as VALENCE_ORIGIN_MAP wants it; a `*` stands for a placeholder in the host. Where
   * elements share an origin the map names the first one, which passes on what it does not serve.
   * @param base where the simulator listens: `http://127.0.0.1:9000`
   */
  origins(base: string): Record<string, string>
  /** @throws RangeError when the element is not simulated */
  stats(element: string): VendorStats
  rows(element: string, resource: string): Row[]
  inspect(): Record<string, VendorInspection>
  /** @param secrets `shown` is for tests in the same process */
  requests(limit?: number, secrets?: 'masked' | 'shown'): LoggedRequest[]
  /** @throws RangeError when the order cannot be understood */
  addFault(order: FaultOrder): void
  /**
   * Every access token, of one element or of all, is refused from now on; refresh tokens stay
   * @throws RangeError when the element is not simulated
   */
  expireTokens(element?: string): void
  /**
   * Rows of one element or of all are made anew; tokens stay
   * @throws RangeError when the element is not simulated
   */
  resetRows(element?: string): void
  /** as freshly started: rows, tokens, clients, counters, faults and log */
  reset(): void
}

export function createSimulator(options: SimulatorOptions): Simulator {
  const { elements, simulations, seed = 1, now = () => new Date(), consent = 'page', accessTokenSeconds } = options
  const onError = options.onError ?? ((error) => console.error('simulator:', error))
  const vendors = createVendorDirectory((element, key, before) => {
    const simulation = simulations?.get(key) ?? {}
    const relatedTokens = () => vendors.relatives(key).map((vendor) => vendor.oauth)
    return createVendor({
      ...{ element, key, before, relatedTokens },
      ...{ simulation, seed, now, consent, accessTokenSeconds },
    })
  })
  const faults = createFaultList(vendors.names)
  const log = createRequestLog()

  function vendorOf(name: string): Vendor {
    const vendor = vendors.find(name)
    if (vendor) return vendor
    throw new RangeError(`element "${name}" is not simulated; there are ${vendors.names().join(', ')}`)
  }

  function inspect(): Record<string, VendorInspection> {
    const entries = vendors.all().map((vendor) => {
      const resources = vendor.resources().map((name) => [name, vendor.rows(name)] as const)
      return [vendor.key, { stats: structuredClone(vendor.stats), resources: Object.fromEntries(resources) }] as const
    })
    return Object.fromEntries(entries)
  }

  /** @returns whether there is one of that name */
  function each(name: string | undefined, change: (vendor: Vendor) => void): boolean {
    const named = name === undefined ? vendors.all() : [vendors.find(name)]
    for (const vendor of named) if (vendor) change(vendor)
    return name === undefined || named[0] !== undefined
  }

  const control = {
    faults,
    log,
    inspect,
    reset() {
      faults.clear()
      log.clear()
      vendors.restart()
    },
    expireTokens: (name: string | undefined) => each(name, (vendor) => vendor.expireTokens()),
    resetRows: (name: string | undefined) => each(name, (vendor) => vendor.resetRows()),
  }

  /** `/base/v2/contacts` → vendor `base`, `/v2/contacts` */
  function locate(path: string): { vendor: Vendor; path: string } | undefined {
    const end = path.indexOf('/', 1)
    const first = vendors.find(end < 0 ? path.slice(1) : path.slice(1, end))
    if (first) return { vendor: first, path: end < 0 ? '/' : path.slice(end) }
    const [only, second] = vendors.names()
    const vendor = second === undefined && only !== undefined && path !== '/' ? vendors.find(only) : undefined
    return vendor && { vendor, path }
  }

  /** The origin map names one vendor of several on a host: the first that has the path and takes the credentials answers. */
  function chosen(named: Vendor, call: Call): Vendor {
    const candidates = [named, ...vendors.relatives(named.key)]
    if (candidates.length === 1) return named
    const judged = candidates.map((vendor) => ({ vendor, ...vendor.judge(call) }))
    const serving = judged.filter(({ serves }) => serves)
    return (serving.find(({ admits }) => admits) ?? serving[0])?.vendor ?? named
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? '/'
    const mark = url.indexOf('?')
    const path = mark < 0 ? url : url.slice(0, mark)
    const call = readCall(request, path, mark < 0 ? '' : url.slice(mark + 1))
    const body = await readBody(request)
    if (body === undefined) return sendReply(response, tooLarge, undefined)
    Object.assign(call, { body: body.text, fields: body.fields, uploads: body.uploads })
    if (path.startsWith(CONTROL_PREFIX)) return sendReply(response, answerControl(control, call), undefined)
    const found = locate(path)
    if (!found) return sendReply(response, index(path), undefined)
    const vendorCall = { ...call, path: found.path }
    await serveVendor(chosen(found.vendor, vendorCall), vendorCall, request, response)
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
    const shown = path === '/' ? vendors.all() : []
    const served = shown.map((vendor) => [
      vendor.key,
      { name: vendor.name, origins: vendors.origins(vendor.key), paths: vendor.paths() },
    ])
    return jsonReply(path === '/' ? 200 : 404, {
      message:
        path === '/'
          ? 'Simulated vendors, for development only'
          : `no vendor at "${path}"; paths start with ${vendors
              .names()
              .map((name) => `/${name}/`)
              .join(', ')}`,
      vendors: Object.fromEntries(served),
    })
  }

  for (const element of elements) vendors.put(element)
  return {
    put: vendors.put,
    remove: vendors.remove,
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
      for (const name of vendors.names())
        for (const origin of vendors.origins(name)) map[origin] ??= `${base.replace(/\/+$/, '')}/${name}`
      return map
    },
    stats: (element) => structuredClone(vendorOf(element).stats),
    rows: (element, resource) => vendorOf(element).rows(resource),
    inspect,
    requests: (limit = 50, secrets = 'masked') => log.read(limit, secrets),
    addFault(order) {
      const problem = faults.add(order)
      if (problem !== undefined) throw new RangeError(problem)
    },
    expireTokens(element) {
      if (element !== undefined) vendorOf(element)
      control.expireTokens(element)
    },
    resetRows(element) {
      if (element !== undefined) vendorOf(element)
      control.resetRows(element)
    },
    reset: control.reset,
  }
}

const tooLarge: Reply = jsonReply(413, { message: 'the simulator reads texts up to 16 MB and files up to 512 MB' })

const FAULT_PARAMETER = 'simulate_fault'

function readCall(request: IncomingMessage, path: string, queryText: string): Call {
  return {
    method: request.method ?? 'GET',
    path,
    queryText,
    query: new URLSearchParams(queryText),
    headers: request.headers,
    body: '',
    fields: [],
    uploads: [],
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
