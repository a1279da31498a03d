import { createHmac } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import { compile } from '../../../src/engine/compile.ts'
import { readEvents } from '../../../src/events/read-events.ts'
import { eventHookOf, runEventHook } from '../../../src/events/run-event-hook.ts'
import { verifyForInstance } from '../../../src/events/verify/verify-for-instance.ts'
import { CATALOG_FOLDER, readShipped } from '../../../src/main.ts'
import type { Element } from '../../../src/model/element.ts'
import { startTestSandbox } from '../../support/sandbox.ts'

/** What shipped elements make of their vendors' webhooks, and which signatures they take (spec 40 §6.1; sources in each README). */
const { elements } = await readShipped([CATALOG_FOLDER]).catalog()
const sandbox = startTestSandbox()
afterAll(() => sandbox.close())

const NOW = new Date('2026-04-02T10:12:00Z')

function elementOf(key: string) {
  const element = elements.find((one) => one.key === key)
  if (!element) throw new Error(`the catalog has no ${key}`)
  return element
}

interface Posted {
  body: unknown
  contentType?: string
  query?: string
  kind?: 'webhook' | 'polling'
  configuration?: Record<string, string>
}

async function eventsOf(key: string, posted: Posted) {
  const { body, contentType = 'application/json', query = '', kind = 'webhook', configuration = {} } = posted
  const element = elementOf(key)
  const plan = compile(element)
  const hook = eventHookOf(element)
  const state = { id: 7, accountId: 1, configuration: { ...plan.defaults, ...configuration }, credentialsVersion: 1 }
  const context = { runScript: sandbox.run, noteConsole: () => undefined }
  const { events } = await readEvents({
    arrived: {
      id: 'AXv0Qk3hVw9sLr2TzYbC',
      kind,
      query,
      contentType,
      headers: {},
      body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    },
    defaults: { now: NOW, elementKey: key, hubKey: element.hub },
    hook,
    runHook: (events) => runEventHook(context, hook as NonNullable<typeof hook>, { plan, state }, events),
    readerOf: () => undefined,
  })
  return events.map(({ eventType, objectType, objectId, date }) => [eventType, objectType, objectId, date])
}

const FORM = 'application/x-www-form-urlencoded'
const NOW_TEXT = '2026-04-02T10:12:00Z'

describe('webhooks', () => {
  for (const [key, name, posted, expected] of [
    [
      'sfdc',
      'the objects of an action',
      {
        body: {
          objects: [
            { attributes: { type: 'Contact' }, Id: '003A', LastModifiedDate: '2026-04-01T08:00:00.000+0000' },
            { Id: '500B' },
          ],
          action: 'update',
        },
      },
      [
        ['UPDATED', 'Contact', '003A', expect.stringMatching(/^2026-04-01T08:00:00/)],
        ['UPDATED', 'UNKNOWN', '500B', NOW_TEXT],
      ],
    ],
    [
      'hubspotcrm',
      'changes of the own account only',
      {
        body: [
          { subscriptionType: 'contact.creation', objectId: 51, portalId: 62515, occurredAt: 1775124000000 },
          { subscriptionType: 'deal.propertyChange', objectId: 52, portalId: 62515, occurredAt: 1775124000000 },
          { subscriptionType: 'company.deletion', objectId: 53, portalId: 1, occurredAt: 1775124000000 },
        ],
        configuration: { 'hubspot.portal.id': '62515' },
      },
      [
        ['CREATED', 'contacts', '51', '2026-04-02T10:00:00Z'],
        ['UPDATED', 'opportunities', '52', '2026-04-02T10:00:00Z'],
      ],
    ],
    [
      'box',
      'an older notification',
      {
        body: 'event=uploaded&itemId=77&itemType=file&userId=%5B%2211446498%22%5D',
        contentType: FORM,
      },
      [['CREATED', 'file', '77', NOW_TEXT]],
    ],
    [
      'box',
      'an older notification of a deletion',
      { body: 'event=trashed&itemId=78&itemType=folder', contentType: FORM },
      [['DELETED', 'folder', '78', NOW_TEXT]],
    ],
    [
      'box',
      'a webhook',
      {
        body: {
          type: 'webhook_event',
          created_at: '2026-04-01T10:00:00-07:00',
          trigger: 'FILE.RENAMED',
          source: { id: '73835521473', type: 'file' },
        },
      },
      [['UPDATED', 'file', '73835521473', expect.any(String)]],
    ],
    [
      'dropbox',
      'the own account among those that changed',
      {
        body: { list_folder: { accounts: ['dbid:AAA', 'dbid:BBB'] } },
        configuration: { 'dropbox.account.id': 'dbid:BBB' },
      },
      [['UPDATED', 'account', 'dbid:BBB', NOW_TEXT]],
    ],
    [
      'zendesk',
      'a target',
      { body: '', query: `ticket=${encodeURIComponent('{"id":35436,"target":"9","action":"create"}')}` },
      [['CREATED', 'incidents', '35436', NOW_TEXT]],
    ],
    [
      'zendesk',
      'a webhook',
      { body: { type: 'zen:event-type:ticket.status_changed', time: '2026-04-01T10:00:00Z', detail: { id: '35437' } } },
      [['UPDATED', 'incidents', '35437', '2026-04-01T10:00:00Z']],
    ],
    [
      'jira',
      'an issue',
      { body: { timestamp: 1775124000000, webhookEvent: 'jira:issue_created', issue: { id: '10001', key: 'ACME-1' } } },
      [['CREATED', 'incidents', '10001', '2026-04-02T10:00:00Z']],
    ],
    [
      'jira',
      'a comment',
      { body: { timestamp: 1775124000000, webhookEvent: 'comment_deleted', comment: { id: '2' }, issue: { id: '1' } } },
      [['DELETED', 'comments', '2', '2026-04-02T10:00:00Z']],
    ],
    [
      'stripe',
      'an event',
      {
        body: {
          id: 'evt_1',
          type: 'customer.subscription.deleted',
          created: 1775124000,
          data: { object: { id: 'sub_1', object: 'subscription' } },
        },
      },
      [['DELETED', 'subscriptions', 'sub_1', '2026-04-02T10:00:00Z']],
    ],
    [
      'stripe',
      'an event of an object with two words',
      { body: { type: 'payment_intent.created', data: { object: { id: 'pi_1', object: 'payment_intent' } } } },
      [['CREATED', 'payment-intents', 'pi_1', NOW_TEXT]],
    ],
    [
      'pipedrive',
      'version 2',
      { body: { meta: { action: 'change', entity: 'deal', entity_id: 1, timestamp: 1775124000 }, data: {} } },
      [['UPDATED', 'opportunities', '1', '2026-04-02T10:00:00Z']],
    ],
    [
      'pipedrive',
      'version 1',
      { body: { meta: { action: 'added', object: 'person', id: 2, timestamp: 1775124000 }, current: {} } },
      [['CREATED', 'contacts', '2', '2026-04-02T10:00:00Z']],
    ],
  ] as const) {
    test(`${key}: ${name}`, async () => expect(await eventsOf(key, posted)).toEqual(expected))
  }

  for (const key of ['hubspotcrm', 'box', 'dropbox', 'zendesk', 'jira', 'stripe', 'pipedrive']) {
    test(`${key}: of what its vendor never sends there is nothing to tell`, async () => {
      expect(await eventsOf(key, { body: { something: 'else' } })).toEqual([])
    })
  }
})

describe('polled records are told as the poller found them', () => {
  for (const { key } of elements.filter((element) => eventHookOf(element) && polls(element))) {
    test(key, async () => {
      const body = { objectType: 'contacts', contacts: [{ id: 'c1', objectId: 'c1', eventType: 'UPDATED' }] }
      const [event] = await eventsOf(key, { kind: 'polling', body })
      expect(event?.slice(0, 3)).toEqual(['UPDATED', 'contacts', 'c1'])
    })
  }
})

function polls(element: Pick<Element, 'configuration'>): boolean {
  return element.configuration.some((row) => row.key === 'event.vendor.type' && row.defaultValue === 'polling')
}

const KEY = 'whsec_a-key-of-nobody'
const URL_CALLED = 'https://hub.example.com/elements/api-v2/events/x/Nw=='
const BODY = '{"id":7}'
const hmac = (content: string, encoding: 'hex' | 'base64') => createHmac('sha256', KEY).update(content).digest(encoding)
const MS = String(NOW.getTime())
const SECONDS = String(NOW.getTime() / 1000)

describe('signatures, for instances that have the key', () => {
  for (const [key, headers] of [
    [
      'hubspotcrm',
      {
        'x-hubspot-signature-v3': hmac(`POST${URL_CALLED}${BODY}${MS}`, 'base64'),
        'x-hubspot-request-timestamp': MS,
      },
    ],
    ['box', { 'box-signature-primary': hmac(BODY + NOW_TEXT, 'base64'), 'box-delivery-timestamp': NOW_TEXT }],
    ['dropbox', { 'x-dropbox-signature': hmac(BODY, 'hex') }],
    [
      'zendesk',
      {
        'x-zendesk-webhook-signature': hmac(NOW_TEXT + BODY, 'base64'),
        'x-zendesk-webhook-signature-timestamp': NOW_TEXT,
      },
    ],
    ['jira', { 'x-hub-signature': `sha256=${hmac(BODY, 'hex')}` }],
    ['stripe', { 'stripe-signature': `t=${SECONDS},v1=${hmac(`${SECONDS}.${BODY}`, 'hex')},v0=00` }],
  ] as const) {
    const judge = (configuration: Record<string, string>, body: string, sent: Record<string, string>) =>
      verifyForInstance(
        { now: () => NOW, publishedKeys: { keysAt: async () => undefined } },
        { ...compile(elementOf(key)).defaults, ...configuration },
        { method: 'POST', url: URL_CALLED, headers: Object.entries(sent), body: Buffer.from(body) },
      )
    const withKey = { 'event.vendor.signature.key': KEY }

    test(`${key}: one of the vendor passes, an altered body and a missing header do not`, async () => {
      expect(await judge(withKey, BODY, headers)).toEqual({ ok: true })
      expect(await judge(withKey, '{"id":8}', headers)).toMatchObject({ ok: false })
      expect(await judge(withKey, BODY, {})).toMatchObject({ ok: false })
    })

    test(`${key}: without a key nothing is asked`, async () => {
      expect(await judge({}, BODY, {})).toEqual({ ok: true })
    })
  }
})
