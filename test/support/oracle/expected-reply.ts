import type { Resource } from '../../../src/model/element.ts'
import { pageSizeOf } from './paging.ts'
import { memberAt, type OracleCall, type Values } from './values.ts'
import { fromXml } from './xml.ts'

/** A vendor's answer as it left the vendor. */
export interface VendorAnswer {
  status: number
  headers: Record<string, string>
  body: Buffer
}

export interface ExpectedReply {
  status: number
  /** `any`: not a value (a file, a page of text) */
  body: { value: unknown } | 'any'
}

const KEPT = [400, 401, 403, 404, 405, 406, 409, 415, 429]

/**
 * What the caller must get for a vendor's answer when no hook looks at it (spec 11 §4.4, §4.6; 00 §7).
 */
export async function expectedReply(
  resource: Resource,
  call: OracleCall,
  configuration: Values,
  vendor: VendorAnswer,
): Promise<ExpectedReply> {
  if (vendor.status >= 400) {
    const status = KEPT.includes(vendor.status) ? vendor.status : vendor.status < 500 ? 400 : 502
    return { status, body: 'any' }
  }
  const decoded = await decode(vendor)
  if (!decoded) return { status: 200, body: 'any' }
  const root = (resource.rootKey ?? '').split('|').at(-1) ?? ''
  const found = root === '' ? undefined : memberAt(decoded.value, root)
  let value = found === undefined ? decoded.value : found
  if (Array.isArray(value) && resource.paginationType === 'VENDOR_NOT_SUPPORTED') {
    const size = pageSizeOf(call.query['pageSize'], configuration, resource.objectName)
    const start = (Number(call.query['page'] ?? '1') - 1) * size
    value = value.slice(start, start + size)
  }
  if (configuration['filter.response.nulls'] !== 'false') value = withoutNulls(value)
  const { fields } = call.query
  if (fields !== undefined && configuration['allow.select.fields'] === 'true' && Array.isArray(value)) {
    value = value.map((item) =>
      picked(
        item,
        fields.split(',').map((name) => name.trim()),
      ),
    )
  }
  return { status: 200, body: { value } }
}

async function decode({ headers, body }: VendorAnswer): Promise<{ value: unknown } | undefined> {
  const type = headers['content-type'] ?? ''
  const text = body.toString('utf8')
  if (text === '') return undefined
  if (type.includes('json')) return { value: JSON.parse(text) }
  return type.includes('xml') ? { value: await fromXml(text) } : undefined
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(([, member]) => member !== null)
  return Object.fromEntries(members.map(([name, member]) => [name, withoutNulls(member)]))
}

/** The oracle asks only for top-level fields. */
function picked(item: unknown, names: readonly string[]): unknown {
  if (typeof item !== 'object' || item === null) return item
  return Object.fromEntries(Object.entries(item).filter(([name]) => names.includes(name)))
}
