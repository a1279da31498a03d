import { instant } from './instant.ts'
import type { ResourcePlan } from './resource-plan.ts'
import type { FieldRule, Row } from './simulation.ts'

/** What a row may depend on besides itself. */
export interface RowScope {
  now: Date
  find(resource: string, id: unknown): Row | undefined
}

/** Whether every member equals the row's field; a list means one of them. */
export function meets(row: Row, conditions: Record<string, unknown> | undefined): boolean {
  return Object.entries(conditions ?? {}).every(([field, wanted]) =>
    Array.isArray(wanted) ? wanted.includes(row[field]) : row[field] === wanted,
  )
}

export function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === ''
}

/** The resource a field points to; depends on another field when the rule says `by`. */
export function referredResource(rule: FieldRule, row: Row): string | undefined {
  if (rule.reference === undefined || typeof rule.reference === 'string') return rule.reference
  const choice = String(row[rule.reference.by])
  return Object.hasOwn(rule.reference.to, choice) ? rule.reference.to[choice] : undefined
}

/** Fills the fields that the vendor computes from others (`derive`: the first entry whose `when` is met counts). */
export function deriveFields(row: Row, resource: ResourcePlan, scope: RowScope): void {
  for (const [name, rule] of resource.fields) {
    for (const derivation of rule.derive ?? []) {
      const source = derivation.through === undefined ? row : throughReference(row, derivation.through, resource, scope)
      if (source === undefined || !meets(source, derivation.when)) continue
      if (derivation.text !== undefined) row[name] = fillNames(derivation.text, source)
      else if (derivation.past !== undefined) row[name] = isPast(source[derivation.past], scope.now)
      else row[name] = derivation.field === undefined ? (derivation.value ?? null) : (source[derivation.field] ?? null)
      break
    }
  }
}

function throughReference(row: Row, field: string, resource: ResourcePlan, scope: RowScope): Row | undefined {
  const rule = resource.fields.get(field)
  const target = rule && referredResource(rule, row)
  return target === undefined || isEmpty(row[field]) ? undefined : scope.find(target, row[field])
}

function fillNames(text: string, row: Row): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(row[name] ?? '')).trim()
}

function isPast(value: unknown, now: Date): boolean {
  return typeof value === 'string' && value !== '' && value < instant(now)
}
