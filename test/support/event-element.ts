import type { TestHub } from './hub.ts'

/**
 * A private element for tests of events: custom authentication, so that provisioning asks nobody; lists of rows in pages at a vendor of
 * its own (`event-vendor.ts`); an event hook; a webhook that is made at provisioning and removed at deletion when a test wants one.
 */
export interface EventElement {
  key: string
  name?: string
  /** of the vendor */
  baseUrl: string
  /** body of the event hook; without one the element has none */
  hook?: string
  /** of the hook */
  isLegacy?: boolean
  /** default values that go over those of this element, by configuration key; undefined takes the row away */
  defaults?: Record<string, string | undefined>
  /** further configuration rows */
  configuration?: readonly Record<string, unknown>[]
  /** further resources, as `webhookResources` */
  resources?: readonly Record<string, unknown>[]
}

/** What `GET /hubs/crm/…` of the element offers; more by `resources`. */
export const COLLECTIONS = ['contacts', 'accounts', 'deals'] as const

/**
 * Takes `{ id, type, change, at }`, or a list of them in `items`, or polled records; a body with `ignore` makes no events. Whatever
 * else a body holds is of no interest to it.
 */
export const EVENT_HOOK = `
  if (events.ignore) { done({ continue: true }); return }
  var polled = events.eventId && events.objectType && events[events.objectType]
  var items = polled || events.items || events.objects || [events]
  done({ events: items.map(function (item) {
    return {
      event_type: item.eventType || item.change,
      event_object_type: polled ? events.objectType : item.type,
      event_object_id: item.objectId || item.id,
      event_date: item.at
    }
  }) })
`

/** The element.json, as `POST /elements` takes it. */
export function eventElement(given: EventElement): Record<string, unknown> {
  const { key, name = key, baseUrl, hook, isLegacy = false, defaults = {}, configuration = [], resources = [] } = given
  const values: Record<string, string | undefined> = { ...DEFAULTS, 'base.url': baseUrl, ...defaults }
  const rows = Object.entries(values).flatMap(([key, defaultValue]) =>
    defaultValue === undefined ? [] : [{ name: key, type: 'TEXTFIELD_1000', key, defaultValue, required: false }],
  )
  return {
    key,
    name,
    description: 'Rows that change, for tests of events',
    hub: 'crm',
    authentication: { type: 'custom' },
    configuration: [
      ...rows,
      ...NO_DEFAULT.filter((one) => !Object.hasOwn(values, one)).map((one) => ({
        name: one,
        key: one,
        type: one.endsWith('password') ? 'PASSWORD' : 'TEXTFIELD_1000',
        required: false,
      })),
      ...configuration,
    ],
    parameters: [],
    hooks: hook === undefined ? [] : [{ type: 'event', mimeType: 'application/javascript', isLegacy, body: hook }],
    resources: [...COLLECTIONS.map((collection) => listResource(collection)), ...resources],
  }
}

/** `GET /hubs/crm/{collection}`: the vendor gets `where` as it stands in `filter`, the page in `page`, its size in `per_page`. */
export function listResource(collection: string): Record<string, unknown> {
  const query = (name: string, vendorName: string) => ({ name, vendorName, type: 'query', vendorType: 'query' })
  return {
    method: 'GET',
    path: `/hubs/crm/${collection}`,
    vendorMethod: 'GET',
    vendorPath: `/${collection}`,
    type: 'api',
    parameters: [query('where', 'filter'), query('page', 'page'), query('pageSize', 'per_page')],
  }
}

/** Makes a webhook at `POST /hooks`, keeps its id in `webhook.id`, and removes it at `DELETE /hooks/{webhook.id}`. */
export function webhookResources(placeholder = '{webhookCallbackUrl}'): Record<string, unknown>[] {
  return [
    {
      method: 'POST',
      path: '/hubs/crm/hooks',
      vendorMethod: 'POST',
      vendorPath: '/hooks',
      type: 'onProvisionWebhook',
      parameters: [
        { name: JSON.stringify({ target: placeholder }), type: 'value', vendorName: 'body', vendorType: 'body' },
        { name: 'webhook.id', type: 'configuration', vendorName: 'id', vendorType: 'bodyField', source: 'response' },
      ],
    },
    {
      method: 'DELETE',
      path: '/hubs/crm/hooks/{webhook.id}',
      vendorMethod: 'DELETE',
      vendorPath: '/hooks/{webhook.id}',
      type: 'onDeleteWebhook',
      parameters: [{ name: 'webhook.id', type: 'configuration', vendorName: 'webhook.id', vendorType: 'path' }],
    },
  ]
}

/** The configuration row that the webhook's id is kept in. */
export const WEBHOOK_ID = { name: 'Webhook', key: 'webhook.id', type: 'TEXTFIELD_128', internal: true }

/** A poller of one collection by `created` and `updated`, with seconds, in UTC. */
export function pollerOf(collection: string, given: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    url: `/hubs/crm/${collection}?where=updated>='\${gmtDate:yyyy-MM-dd'T'HH:mm:ss'Z'}'`,
    idField: 'id',
    datesConfiguration: {
      updatedDateField: 'updated',
      updatedDateFormat: "yyyy-MM-dd'T'HH:mm:ss'Z'",
      createdDateField: 'created',
      createdDateFormat: "yyyy-MM-dd'T'HH:mm:ss'Z'",
    },
    ...given,
  }
}

/** @throws Error unless the hub answered 200 */
export async function postEventElement(hub: TestHub, given: EventElement): Promise<{ id: number; key: string }> {
  const answer = await hub.call('POST', '/elements', { body: eventElement(given) })
  if (answer.status !== 200) throw new Error(`POST /elements answered ${answer.status}: ${answer.text}`)
  return answer.body
}

// biome-ignore lint/suspicious/noExplicitAny: tests read instances of every shape
export type ProvisionedInstance = { id: number; token: string; name: string; configuration: any } & Record<string, any>

export interface EventProvisioning {
  name?: string
  tags?: string[]
  /** of who provisions, instead of the administrator */
  authorization?: string
}

/**
 * An instance with events on; the configuration is as a client gives it.
 * @param element its key
 * @throws Error unless the hub answered 200
 */
export async function provisionWithEvents(
  hub: TestHub,
  element: string,
  configuration: Record<string, unknown>,
  { name = `${element} ${++instances}`, authorization, ...given }: EventProvisioning = {},
): Promise<ProvisionedInstance> {
  const on = { 'event.notification.enabled': true, ...configuration }
  const answer = await hub.call('POST', '/instances', {
    body: { name, element: { key: element }, configuration: on, ...given },
    ...(authorization === undefined ? {} : { authorization }),
  })
  if (answer.status !== 200) throw new Error(`POST /instances answered ${answer.status}: ${answer.text}`)
  return answer.body
}

let instances = 0

/** Reference of an instance as webhook URLs carry it: Base64 of the decimal id (spec 40 §4.1). */
export function refOf(instanceId: number): string {
  return Buffer.from(String(instanceId)).toString('base64')
}

export interface Posted {
  method?: string
  headers?: Record<string, string>
  /** sent as JSON unless it is text or bytes */
  body?: unknown
}

/** A request as a vendor makes it: without credentials. @param path behind `/elements/api-v2`, as `/events/acme` */
export async function postEvent(
  hub: Pick<TestHub, 'api'>,
  path: string,
  { method = 'POST', headers = {}, body }: Posted,
): Promise<{ status: number; headers: Headers; text: string }> {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array
  const response = await fetch(hub.api + path, {
    method,
    redirect: 'manual',
    headers: { ...(body === undefined || isRaw ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: (isRaw ? body : JSON.stringify(body)) as string }),
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

const DEFAULTS: Record<string, string> = {
  'pagination.type': 'page',
  'pagination.max': String(100),
  'event.notification.enabled': 'false',
  'event.vendor.type': 'webhooks',
  'event.poller.refresh_interval': '15',
}

const NO_DEFAULT = [
  'event.notification.callback.url',
  'event.notification.signature.key',
  'event.notification.basic.username',
  'event.notification.basic.password',
  'event.notification.callback.headers',
  'event.notification.subscription.id',
  'event.notification.instance.finder',
  'event.poller.configuration',
  'event.poller.urls',
  'event.objects',
  'event.metadata',
]
