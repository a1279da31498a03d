import Type, { type Static } from 'typebox'
import type { Element } from '../model/element.ts'
import { isPart, type Part, partsOf, textOf } from './part-kinds.ts'

/** What `events` of element metadata says (spec 10 §2.8, 40 §7.7); `polling` and `webhook` are keyed by resource. */
export const ElementEvents = Type.Object({
  supported: Type.Boolean(),
  methods: Type.Array(Type.Enum(['polling', 'webhook'])),
  polling: Type.Record(
    Type.String(),
    Type.Object({ eventTypes: Type.Array(Type.String()), pollUrl: Type.Optional(Type.String()) }),
  ),
  webhook: Type.Record(Type.String(), Type.Object({ eventTypes: Type.Array(Type.String()) })),
})
export type ElementEvents = Static<typeof ElementEvents>

const OBJECT_EVENTS = [
  ['eventCreatedSupported', 'created'],
  ['eventUpdatedSupported', 'updated'],
  ['eventDeletedSupported', 'deleted'],
] as const

/**
 * Which events an element can report, from its declarations: it has to declare event keys and either something to poll or
 * something that hears the vendor (spec 11 §7.1).
 */
export function elementEvents(element: Element): ElementEvents {
  const declared = jsonOf(element, 'event.metadata')
  const polling = { ...eventTypesOf(declared['polling']), ...pollersOf(jsonOf(element, 'event.poller.configuration')) }
  const hearsVendor =
    element.hooks.some(({ type }) => type === 'event') ||
    element.resources.some(
      ({ type, hooks = [] }) => type === 'onProvisionWebhook' || hooks.some((it) => it.type === 'event'),
    )
  const webhook = { ...(hearsVendor ? objectEvents(element) : {}), ...eventTypesOf(declared['webhook']) }
  const offers = element.configuration.some(
    ({ key }) => key === 'event.vendor.type' || key === 'event.notification.enabled',
  )
  const methods: ElementEvents['methods'] = []
  if (offers && Object.keys(polling).length > 0) methods.push('polling')
  if (offers && (hearsVendor || Object.keys(webhook).length > 0)) methods.push('webhook')
  return {
    supported: methods.length > 0,
    methods,
    polling: methods.includes('polling') ? polling : {},
    webhook: methods.includes('webhook') ? webhook : {},
  }
}

function pollersOf(configuration: Part): ElementEvents['polling'] {
  return Object.fromEntries(
    Object.entries(configuration).flatMap(([resource, poller]) => {
      if (!isPart(poller)) return []
      const dates = isPart(poller['datesConfiguration']) ? poller['datesConfiguration'] : {}
      const eventTypes = [
        ...(dates['createdDateField'] || !dates['updatedDateField'] ? ['created'] : []),
        ...(dates['updatedDateField'] ? ['updated'] : []),
      ]
      const pollUrl = textOf(poller, 'url')
      return [[resource, { eventTypes, ...(pollUrl === undefined ? {} : { pollUrl }) }]]
    }),
  )
}

function objectEvents(element: Element): ElementEvents['webhook'] {
  return Object.fromEntries(
    partsOf(element, { member: 'objects' }).flatMap((object) => {
      const eventTypes = OBJECT_EVENTS.filter(([member]) => object[member] === true).map(([, type]) => type)
      return eventTypes.length === 0 ? [] : [[String(object['name']), { eventTypes }]]
    }),
  )
}

function eventTypesOf(declared: unknown): Record<string, { eventTypes: string[] }> {
  if (!isPart(declared)) return {}
  return Object.fromEntries(
    Object.entries(declared).map(([resource, entry]) => {
      const types = isPart(entry) && Array.isArray(entry['eventTypes']) ? entry['eventTypes'].map(String) : []
      return [resource, { eventTypes: types }]
    }),
  )
}

/** Default of a configuration row as JSON object; whatever else stands there says nothing. */
function jsonOf(element: Element, key: string): Part {
  const text = element.configuration.find((row) => row.key === key)?.defaultValue
  if (!text) return {}
  try {
    const value: unknown = JSON.parse(text)
    return isPart(value) ? value : {}
  } catch {
    return {} // an author's text that is no JSON
  }
}
