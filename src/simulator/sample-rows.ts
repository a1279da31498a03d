import { faker } from '@faker-js/faker/locale/en'
import { deriveFields, type RowScope } from './complete-row.ts'
import { stampOf } from './instant.ts'
import type { ResourcePlan } from './resource-plan.ts'
import { type SampleScope, sampleValue } from './sample-value.ts'
import type { FieldRule, Row } from './simulation.ts'

/** Sample rows look back from this day, whatever the clock says. */
export const REFERENCE_DATE = new Date('2024-06-01T00:00:00Z')

export interface SampleWorld extends RowScope {
  rowsOf(resource: string): readonly Row[]
  idFieldOf(resource: string): string
  me: unknown
}

/** Values that one row may have, and all rows below one parent together: models of strangers may be of any size. */
const ROW_VALUES = 1500
const TABLE_VALUES = 15_000
const LEAST_ROWS = 3

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
  seedFaker(seed)
  let id = 0
  let left = TABLE_VALUES
  for (const parent of parents) {
    for (const group of resource.samples) {
      for (let index = 0; index < group.count; index++) {
        if (left <= 0 && index >= LEAST_ROWS) break
        id++
        const budget = { values: ROW_VALUES }
        put(parent, makeRow(resource, id, { index, budget, group: group.fields }, world))
        if (!resource.isDeclared) left -= ROW_VALUES - budget.values
      }
    }
  }
}

/** One made-up row for an id that a caller brings. */
export function sampleRow(resource: ResourcePlan, seed: string, id: string, world: SampleWorld): Row {
  seedFaker(`${seed}:${id}`)
  const { index } = { index: 1 + (hash(id) % 1000) }
  const row = makeRow(resource, index + 1, { index, budget: { values: ROW_VALUES }, group: undefined }, world)
  const isNumber = resource.ids === 'integer' && /^\d{1,15}$/.test(id)
  row[resource.idField] = isNumber ? Number(id) : id
  return row
}

/** The locale's instance is shared by the process: seeded here, used only until the caller returns. */
export function seedFaker(seed: string): typeof faker {
  faker.seed(hash(seed))
  faker.setDefaultRefDate(REFERENCE_DATE)
  return faker
}

interface RowPlace {
  index: number
  budget: { values: number }
  /** sample rules of the group */
  group: Record<string, unknown> | undefined
}

function makeRow(resource: ResourcePlan, id: number, place: RowPlace, world: SampleWorld): Row {
  const shown = shownRow(resource, place.index)
  if (shown) return shown
  const row: Row = {}
  const { index, budget, group } = place
  const scope: SampleScope = { faker, row, index, budget, rowsOf: world.rowsOf, idFieldOf: world.idFieldOf }
  const { idField } = resource
  if (!resource.fields.has(idField) && !resource.single) row[idField] = rowId(resource, id)
  for (const [name, rule] of resource.fields) {
    const isId = name === idField && !rule.reference
    const given = group?.[name] ?? (isId && isOfModel(rule.sample) ? undefined : rule.sample)
    if (given !== undefined) row[name] = sampleValue(given, scope, name)
    else row[name] = isId ? rowId(resource, id) : inferred(name, rule, scope, world)
  }
  deriveFields(row, resource, world)
  return row
}

function isOfModel(sample: unknown): boolean {
  return typeof sample === 'object' && sample !== null && 'model' in sample
}

/** The author's rows as they are, then the same with other ids. */
function shownRow({ shown, idField }: ResourcePlan, index: number): Row | undefined {
  const original = shown[index % (shown.length || 1)]
  if (!original) return undefined
  const row = structuredClone(original)
  const round = Math.floor(index / shown.length)
  const id = row[idField]
  if (round > 0 && typeof id === 'number') row[idField] = id + 1000 * round
  if (round > 0 && typeof id === 'string') row[idField] = `${id}-${round}`
  if (id === undefined) row[idField] = index + 1
  return row
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
      // models are no rules, and may be of any size
      for (const [name, inner] of Object.entries(value)) if (name !== 'model') look(inner)
    }
  }
  look([...resource.fields.values()])
  look(resource.samples)
  needed.delete(resource.name)
  return needed
}

/** @param id a number from 1 on; vendors with text ids get it as text, or as a UUID made from it */
export function rowId(resource: ResourcePlan, id: number): unknown {
  if (resource.idFormat !== undefined)
    // ids such as 10017 count on as numbers
    return resource.idFormat.replace(/#+/, (signs) => String(id).padStart(signs.length, '0').slice(-signs.length))
  if (resource.ids === 'integer') return id
  return resource.ids === 'text' ? String(id) : `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`
}

function inferred(name: string, rule: FieldRule, scope: SampleScope, world: SampleWorld): unknown {
  if (rule.stamp === 'me') return world.me ?? null
  if (rule.stamp === 'now' && rule.on === 'create') {
    return stampOf(scope.faker.date.between({ from: '2023-01-01T00:00:00Z', to: '2024-05-01T00:00:00Z' }), rule.type)
  }
  if (rule.stamp === 'now') {
    const created = Object.values(scope.row).find(
      (value) => typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T/.test(value) && Date.parse(value) < +REFERENCE_DATE,
    )
    const from = typeof created === 'string' ? created : '2023-01-01T00:00:00Z'
    return rule.on === 'write' ? stampOf(scope.faker.date.between({ from, to: REFERENCE_DATE }), rule.type) : null
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
