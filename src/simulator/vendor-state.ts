import { neededResources, REFERENCE_DATE, rowId, sampleRows } from './sample-rows.ts'
import type { Row } from './simulation.ts'
import { createTable, type Table } from './table.ts'
import type { ResourcePlan, VendorPlan } from './vendor-plan.ts'
import type { WriteScope } from './write-row.ts'

/** What one vendor remembers. Tables are filled when one is first looked at. */
export interface VendorState {
  table(resource: ResourcePlan): Table
  scopeOf(resource: ResourcePlan): WriteScope
  /** the user that every token stands for */
  me(): Row | undefined
  /** the resource above a nested collection, if the vendor has it */
  parentOf(resource: ResourcePlan): ResourcePlan | undefined
  /** replies that stay true until a row changes, by path and query */
  replies: Map<string, Buffer>
  changed(): void
}

const JOIN = '/'

export function createVendorState(plan: VendorPlan, seed: string, now: () => Date): VendorState {
  const tables = new Map<string, Table>()
  const replies = new Map<string, Buffer>()

  const rowsOf = (name: string): readonly Row[] => {
    const resource = plan.resources.get(name)
    return resource
      ? table(resource)
          .all()
          .map((stored) => stored.row)
      : []
  }
  const find = (name: string, id: unknown): Row | undefined => {
    const resource = plan.resources.get(name)
    return resource && table(resource).find('', String(id))
  }
  const idFieldOf = (name: string): string => plan.resources.get(name)?.idField ?? 'id'
  const me = (): Row | undefined => (plan.simulation.me === undefined ? undefined : rowsOf(plan.simulation.me)[0])
  const myId = (): unknown => me()?.[idFieldOf(plan.simulation.me ?? '')]

  function parentOf(resource: ResourcePlan): ResourcePlan | undefined {
    const { segments, variableCount } = resource.collection
    if (variableCount === 0) return undefined
    const above = segments.slice(
      0,
      segments.findLastIndex((segment) => segment.includes('{')),
    )
    const key = `/${above.map((segment) => segment.replace(/\{[^}]*\}/g, '{}')).join('/')}`
    for (const candidate of plan.resources.values()) if (candidate.collection.key === key) return candidate
    return undefined
  }

  function table(resource: ResourcePlan): Table {
    // all at once and in one order: resources that refer to each other must not depend on who asks first
    if (tables.size === 0) for (const each of plan.resources.values()) filled(each)
    return filled(resource)
  }

  function filled(resource: ResourcePlan): Table {
    const existing = tables.get(resource.name)
    if (existing) return existing
    const made = createTable(resource.idField)
    tables.set(resource.name, made)
    fill(resource, made)
    return made
  }

  function fill(resource: ResourcePlan, made: Table): void {
    if (resource.fixtures) {
      for (const row of resource.fixtures) made.put('', structuredClone(row))
      return
    }
    for (const name of neededResources(resource)) rowsOf(name)
    const user = resource.name === plan.simulation.me ? undefined : myId()
    const parent = parentOf(resource)
    const parents = parent
      ? table(parent)
          .all()
          .map((stored) => joinParents(stored.parent, stored.row[parent.idField]))
      : ['']
    const world = { rowsOf, find, idFieldOf, me: user, now: REFERENCE_DATE }
    sampleRows(resource, `${seed}:${plan.key}:${resource.name}`, parents, world, (above, row) => made.put(above, row))
  }

  return {
    table,
    me,
    parentOf,
    replies,
    changed: () => replies.clear(),
    scopeOf: (resource) => ({
      now: now(),
      me: myId(),
      find,
      nextId: () => rowId(resource, table(resource).nextId()),
    }),
  }
}

/** Key of the row below which a nested collection lies. */
export function joinParents(above: string, id: unknown): string {
  return above === '' ? String(id) : `${above}${JOIN}${String(id)}`
}
