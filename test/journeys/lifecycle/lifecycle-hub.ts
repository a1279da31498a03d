import { readFile } from 'node:fs/promises'
import type { HubOptions } from '../../../src/main.ts'
import { type Answer, startTestHub, type TestHub } from '../../support/hub.ts'
import { type ScriptedVendor, startScriptedVendor } from './scripted-vendor.ts'

/** A hub whose only vendor, `https://api.acme.test`, is scripted by the test. */
export interface LifecycleHub extends TestHub {
  vendor: ScriptedVendor
  /** Posts `elements/<name>.json` as the builder would; the element as it was answered. */
  importElement(name: string): Promise<{ id: number; key: string }>
  /** `POST /instances` */
  provision(element: string, given?: Provisioning): Promise<Answer>
  /** The configuration that `GET /instances/{id}` shows. */
  configurationOf(instanceId: number): Promise<Record<string, string | null>>
}

export interface Provisioning {
  name?: string
  configuration?: Record<string, unknown>
  providerData?: Record<string, unknown>
}

export async function startLifecycleHub(options: HubOptions = {}): Promise<LifecycleHub> {
  const vendor = await startScriptedVendor()
  const hub = await startTestHub(
    {
      VALENCE_SIMULATE: 'off',
      VALENCE_ORIGIN_MAP: `https://api.acme.test=${vendor.origin}`,
      VALENCE_EGRESS_ALLOW: '127.0.0.1',
    },
    options,
  )
  return {
    ...hub,
    vendor,
    async importElement(name) {
      const text = await readFile(new URL(`elements/${name}.json`, import.meta.url), 'utf8')
      const answer = await hub.call('POST', '/elements', { body: JSON.parse(text) })
      if (answer.status !== 200) throw new Error(`importing ${name} answered ${answer.status}: ${answer.text}`)
      return answer.body
    },
    provision: (element, { name = element, ...given } = {}) =>
      hub.call('POST', '/instances', { body: { name, element: { key: element }, configuration: {}, ...given } }),
    async configurationOf(instanceId) {
      const answer = await hub.call('GET', `/instances/${instanceId}`)
      if (answer.status !== 200)
        throw new Error(`GET /instances/${instanceId} answered ${answer.status}: ${answer.text}`)
      return answer.body.configuration
    },
    async close() {
      await hub.close()
      await vendor.close()
    },
  }
}
