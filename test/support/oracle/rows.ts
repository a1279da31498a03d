import type { Element, Parameter, Resource } from '../../../src/model/element.ts'

/**
 * Rows that shape the request of a resource: element-wide ones, then its own, which win on the same destination
 * (spec 11 §3.6). A row written as `header`→`value` is read the other way round.
 */
export function rowsOf(element: Element, resource: Resource): Parameter[] {
  const own = (resource.parameters ?? []).filter(isRequest).map(turned)
  const taken = new Set(own.map(destinationOf))
  const shared = (element.parameters ?? []).filter(isRequest).map(turned)
  return [...shared.filter((row) => !taken.has(destinationOf(row))), ...own]
}

function isRequest({ source }: Parameter): boolean {
  return (source || 'request') === 'request'
}

function turned(row: Parameter): Parameter {
  if (row.type !== 'header' || row.vendorType !== 'value') return row
  return { ...row, type: 'value', name: row.vendorName, vendorType: 'header', vendorName: row.name }
}

function destinationOf({ vendorType, vendorName }: Parameter): string {
  const name = vendorType === 'header' ? vendorName.trim().toLowerCase() : vendorName
  return `${vendorType} ${name}`
}

/** Why the platform cannot run a resource, if so (spec 11 §4.1 kind, §4.8; formulas are a subject of their own). */
export function notExecutable(element: Element, resource: Resource): 'java' | 'stub' | 'formula' | 'jdbc' | undefined {
  const rows = resource.parameters ?? []
  if (resource.kind === 'java') return 'java'
  if (resource.type === 'formulaAsResource') return 'formula'
  if (element.protocolType === 'jdbc') return 'jdbc'
  const isStub =
    !resource.vendorPath &&
    (resource.hooks ?? []).length === 0 &&
    rows.length > 0 &&
    rows.every(({ type, vendorType }) => type === 'multipart' && vendorType === 'form')
  return isStub ? 'stub' : undefined
}
