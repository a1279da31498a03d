import http from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Element, Parameter, Resource } from '../../src/model/element.ts'
import { createSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/simulator.ts'

/** Test support: a simulator that listens on a free port of 127.0.0.1. */
export interface ListeningSimulator {
  simulator: Simulator
  url: string
  /** fetch that does not follow redirects */
  call(path: string, options?: RequestInit): Promise<Response>
  /** @returns an access token of the first client */
  accessToken(element: string): Promise<string>
  close(): Promise<void>
}

export async function listenSimulator(options: SimulatorOptions): Promise<ListeningSimulator> {
  const simulator = createSimulator(options)
  const server = http.createServer(simulator.handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const call = (path: string, init?: RequestInit) => fetch(url + path, { redirect: 'manual', ...init })
  return {
    simulator,
    url,
    call,
    async accessToken(element) {
      const response = await call(`/${element}/oauth2/token`, formPost({ grant_type: 'client_credentials' }))
      return ((await response.json()) as { access_token: string }).access_token
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export const CLIENT = { id: 'client-1', secret: 'first-secret' }

/** A form with the client's credentials in a Basic header. */
export function formPost(fields: Record<string, string>, client: { id: string; secret: string } = CLIENT): RequestInit {
  const basic = Buffer.from(`${client.id}:${client.secret}`).toString('base64')
  return { method: 'POST', headers: { authorization: `Basic ${basic}` }, body: new URLSearchParams(fields) }
}

export function testElement(members: Partial<Element> & { configure?: Record<string, string> }): Element {
  const { configure = {}, ...rest } = members
  return {
    id: 1,
    key: 'acme',
    name: 'Acme',
    description: 'Acme',
    hub: 'crm',
    authentication: { type: 'oauth2' },
    configuration: Object.entries(configure).map(([key, defaultValue]) => ({ key, name: key, defaultValue })),
    parameters: [],
    resources: [],
    hooks: [],
    ...rest,
  }
}

export function testResource(method: string, path: string, vendorPath: string, rest: Partial<Resource> = {}): Resource {
  return { method, path: `/hubs/crm${path}`, vendorMethod: method, vendorPath, type: 'api', ...rest }
}

export function queryParameter(name: string, vendorName: string): Parameter {
  return { name, vendorName, type: 'query', vendorType: 'query', source: 'request' }
}
