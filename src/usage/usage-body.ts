import Type from 'typebox'
import { FAILED_FROM } from './select-usage.ts'
import type { UsageRecord } from './usage-table.ts'

/** Names that a log needs and does not keep; those of what was deleted are missing. */
export interface Names {
  /** e-mail addresses */
  users: ReadonlyMap<number, string>
  accounts: ReadonlyMap<number, { name: string }>
  organizations: ReadonlyMap<number, { name: string; externalId: string | null }>
}

const UNSET = 'NA'

const text = (description: string) => Type.Optional(Type.String({ description }))
const number = (description: string) => Type.Optional(Type.Integer({ description }))

/** A record as the wire has it since 2018 (spec 41 §7.1), in the order of a table's columns; members without a value are left out. */
const MEMBERS = {
  traffic_id: Type.String({ description: 'Id of the record, 24 hexadecimal digits' }),
  request_id: Type.String({ description: 'The same: `Elements-Request-Id`, and `requestId` of an error' }),
  traffic_date: Type.String({ description: 'When the call came' }),
  request_status: Type.Enum(['SUCCESS', 'FAILED']),
  response_status: Type.Integer({ description: 'HTTP status; 499: the caller hung up' }),
  request_method: Type.String(),
  request_uri: Type.String({ description: 'Without its query' }),
  request_ip: Type.String(),
  process_time: Type.Integer({ description: 'Milliseconds: those of the platform and of the vendor' }),
  platform_process_time: Type.Integer(),
  vendor_process_time: Type.Integer(),
  vendor_request_method: text('Of a call of an instance, as the next ones'),
  vendor_resource: text('Path of the resource at the vendor'),
  element_key: text('Key of the element'),
  element_name: text('Name of the element'),
  element_resource: text('Path of the resource below its hub'),
  element_api: Type.String({ description: 'Name of the operation' }),
  element_tag: text('The same as `instance_tags`'),
  instance_tags: text('Comma list'),
  instance_id: number('Id of the instance'),
  instance_name: text('Name of the instance at that time'),
  provision_name: text('The same'),
  is_ce_mapped_resource: Type.Boolean({ description: 'A common resource applied' }),
  message: text('Of a failure: what the caller was told'),
  provider_message: text('Of a failure: what the vendor said'),
  user_id: Type.Integer(),
  user_name: text('E-mail address, unless the user was deleted'),
  account_id: Type.Integer(),
  account_name: text('Name of the account'),
  company_id: Type.Integer({ description: 'Id of the organization' }),
  company_name: text('Name of the organization'),
  company_external_id: Type.String({ description: '`NA` when it has none' }),
  company_external_name: Type.String(),
}

export type UsageBody = Record<string, unknown>

export const UsageLog = Type.Unsafe<UsageBody>(
  Type.Object(MEMBERS, {
    title: 'UsageLog',
    additionalProperties: true,
    description: 'One API call. The members of before 2018 (`id`, `usageDate`, `elementKey`, …) are there as well.',
  }),
)

/** Members that only repeat others. */
const REPEATED = ['request_id', 'element_tag', 'provision_name', 'company_external_name']

/** Columns of an exported table. */
export const USAGE_COLUMNS = Object.keys(MEMBERS).filter((name) => !REPEATED.includes(name))

export function toUsageBody(record: UsageRecord, { users, accounts, organizations }: Names): UsageBody {
  const organization = organizations.get(record.organization_id)
  const tags = record.instance_tags.join(',')
  return present({
    traffic_id: record.traffic_id,
    request_id: record.traffic_id,
    traffic_date: new Date(record.traffic_date).toISOString(),
    request_status: record.status >= FAILED_FROM ? 'FAILED' : 'SUCCESS',
    response_status: record.status,
    request_method: record.method,
    request_uri: record.uri,
    request_ip: record.ip,
    process_time: record.process_ms,
    platform_process_time: record.process_ms - record.vendor_ms,
    vendor_process_time: record.vendor_ms,
    vendor_request_method: record.vendor_method,
    vendor_resource: record.vendor_resource,
    element_key: record.element_key,
    element_name: record.element_name,
    element_resource: record.resource,
    element_api: record.api,
    element_tag: tags,
    instance_tags: tags,
    instance_id: record.instance_id,
    instance_name: record.instance_name,
    provision_name: record.instance_name,
    is_ce_mapped_resource: record.common_resource,
    message: record.message,
    provider_message: record.provider_message,
    user_id: record.user_id,
    user_name: users.get(record.user_id),
    account_id: record.account_id,
    account_name: accounts.get(record.account_id)?.name,
    company_id: record.organization_id,
    company_name: organization?.name,
    company_external_id: organization?.externalId ?? UNSET,
    company_external_name: UNSET,
  })
}

/** New members and the names that dashboards of before 2018 read, in one object. */
export function withOldNames(body: UsageBody): UsageBody {
  const old = Object.entries(OLD_NAMES).map(([name, old]) => [old, body[name]])
  return { ...body, ...present(Object.fromEntries(old)) }
}

const OLD_NAMES = {
  traffic_id: 'id',
  traffic_date: 'usageDate',
  request_status: 'requestStatus',
  request_uri: 'requestURI',
  request_ip: 'requestIP',
  process_time: 'processTime',
  element_key: 'elementKey',
  element_name: 'elementName',
  element_api: 'elementApi',
  element_tag: 'elementTags',
  instance_name: 'instanceName',
  user_id: 'userId',
  account_id: 'accountId',
  company_id: 'companyId',
}

function present(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== null && value !== undefined && value !== ''),
  )
}
