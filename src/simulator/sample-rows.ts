import { faker } from '@faker-js/faker/locale/en'
import { deriveFields, type RowScope } from './complete-row.ts'
import { instant, type SampleScope, sampleValue } from './sample-value.ts'
import type { FieldRule, Row } from './simulation.ts'
import type { ResourcePlan } from './vendor-plan.ts'

/** Sample rows look back from this day, whatever the clock says. */
export const REFERENCE_DATE = new Date('2024-06-01T00:00:00Z')

export interface SampleWorld extends RowScope {
  rowsOf(resource: string): readonly Row[]
  idFieldOf(resource: string): string
  me: unknown
}

/**
 * Made-up rows of one resource: the same seed, element and resource give the same rows.
 * @param parents path values above a nested collection, `['']` at the top; each gets `count` rows
 */
export function sampleRows(
  resource: ResourcePlan,
  seed: string,
  parents: readonly string[],
  world: SampleWorld,
  put: (parent: string, row: Row) => void,
): void {
  // the locale's instance is shared by the process: seeded here, used only until this function returns
  faker.seed(hash(seed))
  faker.setDefaultRefDate(REFERENCE_DATE)
  let id = 0
  for (const parent of parents) {
    for (const group of resource.samples) {
      for (let index = 0; index < group.count; index++) {
        const row: Row = {}
        const scope: SampleScope = { faker, row, rowsOf: world.rowsOf, idFieldOf: world.idFieldOf }
        id++
        if (!resource.fields.has(resource.idField)) row[resource.idField] = rowId(resource, id)
        for (const [name, rule] of resource.fields) {
          const given = group.fields?.[name] ?? rule.sample
          if (given !== undefined) row[name] = sampleValue(given, scope, name)
          else
            row[name] =
              name === resource.idField && !rule.reference ? rowId(resource, id) : inferred(name, rule, scope, world)
        }
        deriveFields(row, resource, world)
        put(parent, row)
      }
    }
  }
}

/** Names of the resources whose rows must exist before this one's can be made. */
export function neededResources(resource: ResourcePlan): Set<string> {
  const needed = new Set<string>()
  const look = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(look)
    else if (typeof value === 'object' && value !== null) {
      const { reference } = value as { reference?: unknown }
      if (typeof reference === 'string') needed.add(reference)
      else if (typeof reference === 'object')
        for (const name of Object.values((reference as { to: object }).to)) needed.add(name)
      Object.values(value).forEach(look)
    }
  }
  look([...resource.fields.values()])
  look(resource.samples)
  needed.delete(resource.name)
  return needed
}

/** @param id a number from 1 on; vendors with text ids get it as text, or as a UUID made from it */
export function rowId(resource: ResourcePlan, id: number): unknown {
  if (resource.ids === 'integer') return id
  return resource.ids === 'text' ? String(id) : `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`
}

function inferred(name: string, rule: FieldRule, scope: SampleScope, world: SampleWorld): unknown {
  if (rule.stamp === 'me') return world.me ?? null
  if (rule.stamp === 'now' && rule.on === 'create') {
    return instant(scope.faker.date.between({ from: '2023-01-01T00:00:00Z', to: '2024-05-01T00:00:00Z' }))
  }
  if (rule.stamp === 'now') {
    const created = Object.values(scope.row).find(
      (value) => typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T/.test(value),
    )
    const from = typeof created === 'string' ? created : '2023-01-01T00:00:00Z'
    return rule.on === 'write' ? instant(scope.faker.date.between({ from, to: REFERENCE_DATE })) : null
  }
  if (rule.derive) return null
  if (rule.reference !== undefined) {
    const target =
      typeof rule.reference === 'string' ? rule.reference : rule.reference.to[String(scope.row[rule.reference.by])]
    return target === undefined ? null : sampleValue({ reference: target }, scope, name)
  }
  if (rule.default !== undefined) return rule.default === '$me' ? (world.me ?? null) : rule.default
  if (rule.enum) return sampleValue({ pick: rule.enum }, scope, name)
  return sampleValue({ guess: rule.type ?? 'string' }, scope, name)
}

/** FNV-1a, 32 bit. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  return value >>> 0
}
