/**
 * A local stand-in for vendors, driven by the same element.json that the hub reads. It is the other side of the wire: it
 * shares the element model with the hub and nothing else, so it cannot confirm the engine's mistakes. For development
 * only. Start here; one vendor is `vendor.ts`, what its paths mean is decided in `vendor-plan.ts`, docs/simulator.md is
 * the manual.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Element } from '../model/element.ts'
import { type Call, jsonReply, type Reply } from './call.ts'
import { chooseVendor, locateVendor } from './choose-vendor.ts'
import { answerControl, CONTROL_PREFIX, type EmitOrder } from './control.ts'
import { createFaultList, FAULT_SPELLINGS, type FaultOrder, parseFault } from './faults.ts'
import { readCall, takeFaultText } from './incoming-call.ts'
import { indexPage } from './index-page.ts'
import { createRequestLog, type LoggedRequest } from './request-log.ts'
import { breakConnection, sendReply } from './send-reply.ts'
import type { Row, Simulation } from './simulation.ts'
import type { VendorStats } from './stats.ts'
import { createVendor, type Vendor } from './vendor.ts'
import { createVendorDirectory } from './vendor-directory.ts'
import type { Deliver } from './vendor-webhooks.ts'

export interface SimulatorOptions {
  elements: readonly Element[]
  simulations?: ReadonlyMap<string, Simulation>
  /** the same seed gives the same rows; 1 when absent */
  seed?: number
  now?: () => Date
  /** `page` asks the user, `auto` redirects at once */
  consent?: 'page' | 'auto'
  /** life of access tokens; wins over simulation.yaml, 3600 when neither says */
  accessTokenSeconds?: number
  /** how webhooks of vendors leave; absent: they do not */
  deliver?: Deliver
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
  /** @throws RangeError when the element is not simulated */
  inspect(element?: string): Record<string, VendorInspection>
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
      ...{ simulation, seed, now, consent, accessTokenSeconds, ...(options.deliver && { deliver: options.deliver }) },
    })
  })
  const faults = createFaultList(vendors.names)
  const log = createRequestLog()

  function vendorOf(name: string): Vendor {
    const vendor = vendors.find(name)
    if (vendor) return vendor
    throw new RangeError(`element "${name}" is not simulated; there are ${vendors.names().join(', ')}`)
  }

  function inspect(name?: string): Record<string, VendorInspection> {
    const inspected = (name === undefined ? vendors.all() : [vendorOf(name)]).map((vendor) => {
      const resources = vendor.resources().map((resource) => [resource, vendor.rows(resource)] as const)
      return [vendor.key, { stats: structuredClone(vendor.stats), resources: Object.fromEntries(resources) }] as const
    })
    return Object.fromEntries(inspected)
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
    inspect: (name: string | undefined) => (name === undefined || vendors.find(name) ? inspect(name) : undefined),
    reset() {
      faults.clear()
      log.clear()
      vendors.restart()
    },
    expireTokens: (name: string | undefined) => each(name, (vendor) => vendor.expireTokens()),
    resetRows: (name: string | undefined) => each(name, (vendor) => vendor.resetRows()),
    webhooks: (name: string) => vendors.find(name)?.webhooks.inspect(),
    emit,
  }

  function emit(name: string, { resource, id, change = 'updated', body, url }: EmitOrder): number | string | undefined {
    const vendor = vendors.find(name)
    if (!vendor) return undefined
    const told = body === undefined ? vendor.changeOf(resource ?? '', change, id) : { body }
    if (!told) return `there is no resource "${resource}"; there are ${vendor.resources().join(', ')}`
    return vendor.webhooks.tell(told, url) || 'nobody subscribed, and no url is given'
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = await readCall(request)
    if (call === undefined) return sendReply(response, tooLarge, undefined)
    const { path } = call
    if (path.startsWith(CONTROL_PREFIX)) return sendReply(response, answerControl(control, call), undefined)
    const found = locateVendor(vendors, path)
    if (!found) return sendReply(response, indexPage(vendors, path), undefined)
    const vendorCall = { ...call, path: found.path }
    await serveVendor(chooseVendor(vendors, found.vendor, vendorCall), vendorCall, response)
  }

  async function serveVendor(vendor: Vendor, call: Call, response: ServerResponse): Promise<void> {
    const asked = takeFaultText(call)
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

  for (const element of elements) vendors.put(element)
  return {
    put: vendors.put,
    remove: vendors.remove,
    handle(request, response) {
      serve(request, response).catch((error: unknown) => {
        if (response.destroyed || request.destroyed) return
        onError(error)
        if (response.headersSent) return breakConnection(response)
        const message = `the simulator failed: ${error instanceof Error ? error.message : String(error)}`
        sendReply(response, jsonReply(500, { message }), undefined)
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
