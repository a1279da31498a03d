import { deriveFields, isEmpty, meets, type RowScope, referredResource } from './complete-row.ts'
import { stampOf } from './instant.ts'
import type { ResourcePlan } from './resource-plan.ts'
import type { FieldRule, Row } from './simulation.ts'

export interface Problem {
  field: string
  code: string
  message: string
}

export interface WriteScope extends RowScope {
  /** id of the user the token belongs to */
  me: unknown
  nextId(): unknown
}

/**
 * Applies what a caller sent to a row, as the vendor would: read-only members are ignored, the rest is checked.
 * @param before the row to change; undefined creates one
 * @returns the new row, or every problem with the input (spec 12 §3.2: one error per field)
 */
export function writeRow(
  resource: ResourcePlan,
  input: Row,
  before: Row | undefined,
  scope: WriteScope,
): { row: Row } | { problems: Problem[] } {
  const row: Row = before ? { ...before } : newRow(resource, scope)
  const problems: Problem[] = []
  for (const [name, value] of Object.entries(input)) {
    const rule = resource.fields.get(name)
    if (!rule && !resource.keepUnknown) continue
    if (isKept(name, rule, resource, before)) continue
    const problem = rule && typeProblem(name, rule, value)
    if (problem) problems.push(problem)
    else row[name] = mergeObject(rule, before?.[name], value)
  }
  for (const [name, rule] of resource.fields) {
    const problem =
      requiredProblem(name, rule, row) ??
      (Object.hasOwn(input, name) ? referenceProblem(name, rule, row, scope) : undefined)
    if (problem && !problems.some((other) => other.field === name)) problems.push(problem)
  }
  if (problems.length > 0) return { problems }
  stamp(resource, row, before, scope)
  deriveFields(row, resource, scope)
  return { row }
}

function newRow(resource: ResourcePlan, scope: WriteScope): Row {
  const row: Row = { [resource.idField]: resource.fields.get(resource.idField)?.reference ? null : scope.nextId() }
  for (const [name, rule] of resource.fields) {
    if (name !== resource.idField) row[name] = rule.default === '$me' ? (scope.me ?? null) : (rule.default ?? null)
  }
  return row
}

/** Members that a caller may send but not change. */
function isKept(name: string, rule: FieldRule | undefined, resource: ResourcePlan, before: Row | undefined): boolean {
  if (name === resource.idField && !rule?.reference) return true
  return rule?.readOnly === true || (rule?.createOnly === true && before !== undefined)
}

function mergeObject(rule: FieldRule | undefined, before: unknown, value: unknown): unknown {
  const isObject = rule?.type === 'object' && typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject && typeof before === 'object' && before !== null ? { ...before, ...value } : value
}

const FITS: Record<string, (value: unknown) => boolean> = {
  string: (value) => typeof value === 'string',
  integer: (value) => Number.isInteger(value),
  number: (value) => typeof value === 'number',
  decimal: (value) => typeof value === 'number' || (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value)),
  boolean: (value) => typeof value === 'boolean',
  date: (value) => typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value)),
  'date-time': (value) =>
    typeof value === 'string' && /^\d{4}-\d{2}-\d{2}/.test(value) && !Number.isNaN(Date.parse(value)),
  strings: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
  array: (value) => Array.isArray(value),
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
}

function typeProblem(field: string, rule: FieldRule, value: unknown): Problem | undefined {
  if (value === null) return undefined
  if (rule.type && !FITS[rule.type]?.(value))
    return { field, code: 'invalid_type', message: `${field} must be of type ${rule.type}` }
  if (rule.enum && !rule.enum.includes(value))
    return { field, code: 'inclusion', message: `${field} must be one of ${rule.enum.join(', ')}` }
  return undefined
}

function requiredProblem(field: string, rule: FieldRule, row: Row): Problem | undefined {
  const isDue =
    rule.required === true ||
    (rule.requiredWhen !== undefined && meets(row, rule.requiredWhen)) ||
    (rule.requiredWithout !== undefined && isEmpty(row[rule.requiredWithout]))
  return isDue && isEmpty(row[field]) ? { field, code: 'blank', message: `${field} must be present` } : undefined
}

function referenceProblem(field: string, rule: FieldRule, row: Row, scope: RowScope): Problem | undefined {
  const target = referredResource(rule, row)
  if (target === undefined || isEmpty(row[field]) || scope.find(target, row[field])) return undefined
  return { field, code: 'not_found', message: `${field} ${JSON.stringify(row[field])} does not exist` }
}

/** `on: create`, `on: write`, or the name of a field: set when that field gets another value, cleared when it gets empty. */
function stamp(resource: ResourcePlan, row: Row, before: Row | undefined, scope: WriteScope): void {
  for (const [name, rule] of resource.fields) {
    if (!rule.stamp) continue
    const value = rule.stamp === 'me' ? (scope.me ?? null) : stampOf(scope.now, rule.type)
    if (rule.on === 'write' || (rule.on === 'create' && !before)) row[name] = value
    else if (rule.on !== undefined && rule.on !== 'create' && row[rule.on] !== (before?.[rule.on] ?? null)) {
      row[name] = isEmpty(row[rule.on]) || row[rule.on] === false ? null : value
    }
  }
}
