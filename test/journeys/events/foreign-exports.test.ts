import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compile } from '../../../src/engine/compile.ts'
import { readEvents } from '../../../src/events/read-events.ts'
import { eventHookOf, runEventHook } from '../../../src/events/run-event-hook.ts'
import type { Element } from '../../../src/model/element.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { plausibleConfiguration } from '../../support/oracle/plausible-configuration.ts'
import { provision } from '../../support/oracle/provisioning.ts'
import { startTestSandbox } from '../../support/sandbox.ts'

/**
 * Exports of the original service, which are not part of the project (`VALENCE_TEST_EXPORTS`, as in
 * `test/contracts/foreign-exports.test.ts`): their event hooks read what a vendor may send, and those that subscribe at their
 * vendor do so at the simulated one.
 */
const folder = process.env['VALENCE_TEST_EXPORTS']
const elements = folder
  ? readdirSync(join(folder, 'elements'))
      .filter((name) => name.endsWith('.json'))
      .toSorted()
      .map((name) => JSON.parse(readFileSync(join(folder, 'elements', name), 'utf8')) as Element)
  : []

/** Members that hooks look at, all in one: no vendor sends this. */
const EVERYTHING = {
  action: 'Created',
  object: 'a generic file',
  event_data: { asset_key: 'asset-1' },
  objectType: 'updates',
  updates: [{ id: 'update-1', updateKey: 'update-1' }],
  departments: [{ XRefCode: 'department-1' }],
  eventInfo: { orderId: 'order-1' },
  data: { id: 'data-1' },
  payload: { resource_id: 'customer-1', event_type: 'Customer/CREATE' },
  eventType: 'workitem.created',
  createdDate: '2026-04-02T10:12:00Z',
  resource: { id: 7, workItemId: 7 },
  number: 5,
}

describe.skipIf(!folder)('event hooks of foreign exports', () => {
  const sandbox = startTestSandbox()
  afterAll(() => sandbox.close())

  for (const element of elements.filter((one) => eventHookOf(one))) {
    test(`${element.key} reads an event`, async () => {
      const hook = eventHookOf(element) as NonNullable<ReturnType<typeof eventHookOf>>
      const plan = compile(element)
      const state = { id: 7, accountId: 1, configuration: plan.defaults, credentialsVersion: 1 }
      const { events } = await readEvents({
        arrived: {
          id: 'AXv0Qk3hVw9sLr2TzYbC',
          kind: 'webhook',
          query: '',
          contentType: 'application/json',
          headers: { 'x-github-event': 'pull_request' },
          body: Buffer.from(JSON.stringify(EVERYTHING)),
        },
        defaults: { now: new Date('2026-04-02T10:12:00Z'), elementKey: element.key, hubKey: element.hub },
        hook,
        runHook: (seen) =>
          runEventHook(
            { runScript: sandbox.run, noteConsole: () => undefined },
            hook,
            { plan, state } as Parameters<typeof runEventHook>[2],
            seen,
          ),
        readerOf: () => undefined,
      })
      expect(events.length).toBeGreaterThan(0)
      for (const { eventType } of events) expect(eventType).toBe(eventType.toUpperCase())
    })
  }
})

describe.skipIf(!folder)('foreign exports that subscribe at their vendor', () => {
  let hub: TestHub
  beforeAll(async () => {
    hub = await startTestHub()
  })
  afterAll(() => hub.close())

  for (const element of elements.filter(({ resources }) => resources.some(subscribes))) {
    test(element.key, async () => {
      const imported = await hub.call('POST', '/elements', { body: element })
      expect(imported.status, imported.text.slice(0, 300)).toBe(200)
      const name = nameAtSimulator(hub, element.key)
      const instance = await provision(hub, imported.body, {
        ...plausibleConfiguration(imported.body, name, undefined),
        'event.notification.enabled': 'true',
      })
      if (!('token' in instance)) throw new Error(`not provisioned: ${instance.status} ${instance.text.slice(0, 300)}`)
      const { webhookUrl } = (await hub.call('GET', `/instances/${instance.id}`)).body
      const asked = hub.hub.simulator?.requests(100, 'shown') ?? []
      const count = element.resources.filter(subscribes).length
      expect(
        asked.filter(({ body }) => body?.includes(webhookUrl) || body?.includes(encodeURIComponent(webhookUrl))),
      ).toHaveLength(count)
    })
  }
})

/** Some authors wrote one address of theirs into the export instead. */
function subscribes(resource: Element['resources'][number]): boolean {
  return resource.type === 'onProvisionWebhook' && JSON.stringify(resource).includes('webhookCallbackUrl')
}

/** Elements of accounts are served below their key and id. */
function nameAtSimulator(hub: TestHub, key: string): string {
  const names = Object.keys(hub.hub.simulator?.inspect() ?? {})
  return names.find((name) => name.startsWith(`${key}-`)) ?? key
}
