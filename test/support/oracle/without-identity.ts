/** What an export may change of an import: ids, dates, owners, and what the platform computes of hooks (spec 11 §10). */
const IDENTITY = new Set([
  'id',
  'elementId',
  'resourceId',
  'parameterId',
  'fieldId',
  'modelId',
  'userId',
  'accountId',
  'companyId',
  'ownerAccountId',
  'ownerCompanyId',
  'createdDate',
  'updatedDate',
  'contextParams',
])

/** A copy without them, at every depth; members that are objects are definitions of that name and stay. */
export function withoutIdentity(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutIdentity)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([name, member]) => !IDENTITY.has(name) || typeof member === 'object')
  return Object.fromEntries(kept.map(([name, member]) => [name, withoutIdentity(member)]))
}
