import type { CallFacts } from '../model/exchange.ts'
import { storableText } from '../model/storable-text.ts'
import { redactText } from '../redact.ts'
import type { UsageRecord } from './usage-table.ts'

/** A call that is over, as doors report it. Taking notes must cost the call nothing: these are references, what is stored is made of them later. */
export interface UsageFact {
  requestId: string
  /** when the call came, in ms since 1970 */
  startedAt: number
  organizationId: number
  accountId: number
  userId: number
  method: string
  /** with the prefix `/elements/api-v2`; its query is cut off */
  url: string
  /** undefined: the connection was gone before it could be asked for */
  ip: string | undefined
  status: number
  ms: number
  /** name of the operation; a resource of an element has its own */
  operation: string
  /** of a call of an instance */
  call: CallFacts | undefined
  /** what a failure told the caller */
  message: string | undefined
  providerMessage: string | undefined
}

const MAX_URI = 2_000
const MAX_NAME = 200
/** of all tags together; an instance may have 50,000 characters of them, and its calls a record each */
const MAX_TAGS = 2_000
const MAX_MESSAGE = 1_000
const MAX_PROVIDER_MESSAGE = 4_000

/**
 * What is stored of a call. No query string is: it holds search terms of the caller's customers and, in some calls, keys
 * and codes. Messages are masked and cut.
 */
export function toRecord(fact: UsageFact): UsageRecord {
  const { call } = fact
  const processMs = Math.max(0, Math.round(fact.ms))
  return {
    traffic_id: fact.requestId,
    traffic_date: new Date(fact.startedAt),
    organization_id: fact.organizationId,
    account_id: fact.accountId,
    user_id: fact.userId,
    method: fact.method,
    uri: text(fact.url.split(/[?#]/, 1)[0], MAX_URI) ?? '',
    ip: fact.ip ?? '',
    status: fact.status,
    process_ms: processMs,
    vendor_ms: Math.min(processMs, Math.round(call?.vendorMs ?? 0)),
    api: text(apiOf(fact), MAX_NAME) ?? '',
    element_key: text(call?.element?.key, MAX_NAME),
    element_name: text(call?.element?.name, MAX_NAME),
    hub: text(call?.element?.hub, MAX_NAME),
    resource: text(call?.resource && belowHub(call.resource.path), MAX_NAME),
    instance_id: call?.instanceId ?? null,
    instance_name: text(call?.instanceName, MAX_NAME),
    instance_tags: fittingTags(call?.instanceTags ?? []),
    vendor_method: text(call?.vendorMethod, MAX_NAME),
    vendor_resource: text(call?.vendorResource && vendorPathOf(call.vendorResource), MAX_NAME),
    common_resource: call?.commonResource !== undefined,
    message: masked(fact.message, MAX_MESSAGE),
    provider_message: masked(fact.providerMessage, MAX_PROVIDER_MESSAGE),
  }
}

/** The element author's name of the operation, or method and path; what the platform does by itself has our name. */
function apiOf({ call, operation }: UsageFact): string {
  const { resource } = call ?? {}
  if (!resource) return operation
  return resource.operationId || `${resource.method} /${belowHub(resource.path)}`
}

function belowHub(path: string): string {
  return path.replace(/^\/hubs\/[^/]+/, '').replace(/^\//, '')
}

function vendorPathOf({ vendorPath, path }: { vendorPath?: string; path: string }): string {
  return (vendorPath || path).split('?', 1)[0]?.replace(/^\//, '') ?? ''
}

function fittingTags(tags: readonly string[]): string[] {
  let room = MAX_TAGS
  return tags.filter((tag) => {
    room -= tag.length
    return room >= 0
  })
}

function text(value: string | undefined, limit: number): string | null {
  return value ? storableText(value.slice(0, limit)) : null
}

function masked(value: string | undefined, limit: number): string | null {
  return value ? storableText(redactText(value).slice(0, limit)) : null
}
