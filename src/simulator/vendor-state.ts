import type { ResourcePlan } from './resource-plan.ts'
import { neededResources, REFERENCE_DATE, rowId, type SampleWorld, sampleRow, sampleRows } from './sample-rows.ts'
import type { Row } from './simulation.ts'
import { createTable, type Table } from './table.ts'
import type { VendorPlan } from './vendor-route.ts'
import type { RowChange } from './vendor-webhooks.ts'
import type { WriteScope } from './write-row.ts'

/** What one vendor remembers. Rows are made when they are first looked at. */
export interface VendorState {
  table(resource: ResourcePlan): Table
  /** rows of a collection, below one row when it is nested */
  rows(resource: ResourcePlan, parent: string): Row[]
  /**
   * Where simulation.yaml does not say what there is, every id that was not deleted stands for a row: scripts and
   * configurations bring ids that nobody can foresee.
   */
  find(resource: ResourcePlan, parent: string, id: string): Row | undefined
  scopeOf(resource: ResourcePlan): WriteScope
  /** the user that every token stands for */
  me(): Row | undefined
  /** the resource above a nested collection, if the vendor has it */
  parentOf(resource: ResourcePlan): ResourcePlan | undefined
  /** replies that stay true until a row changes */
  replies: Map<string, Buffer>
  /** @param change of one row, where there was one that others may hear of */
  changed(change?: RowChange): void
}

const JOIN = '/'
const MAX_PARENTS = 500

export function createVendorState(
  plan: VendorPlan,
  seed: string,
  now: () => Date,
  onChange: (change: RowChange) => void = () => undefined,
): VendorState {
  const tables = new Map<string, Table>()
  const filledBelow = new Map<string, Set<string>>()
  const replies = new Map<string, Buffer>()
  const byCollection = new Map([...plan.resources.values()].map((resource) => [resource.collection.key, resource]))

  const rowsOf = (name: string): readonly Row[] => {
    const resource = plan.resources.get(name)
    return resource
      ? table(resource)
          .all()
          .map((stored) => stored.row)
      : []
  }
  const findByName = (name: string, id: unknown): Row | undefined => {
    const resource = plan.resources.get(name)
    return resource && table(resource).find('', String(id))
  }
  const idFieldOf = (name: string): string => plan.resources.get(name)?.idField ?? 'id'
  const me = (): Row | undefined => (plan.simulation.me === undefined ? undefined : rowsOf(plan.simulation.me)[0])
  const myId = (): unknown => me()?.[idFieldOf(plan.simulation.me ?? '')]
  const seedOf = (resource: ResourcePlan, parent: string) =>
    `${seed}:${plan.key}:${resource.name}${parent === '' ? '' : `:${parent}`}`
  const worldFor = (resource: ResourcePlan): SampleWorld => {
    const user = resource.name === plan.simulation.me ? undefined : myId()
    return { rowsOf, find: findByName, idFieldOf, me: user, now: REFERENCE_DATE }
  }

  function parentOf(resource: ResourcePlan): ResourcePlan | undefined {
    const { segments, variableCount } = resource.collection
    if (variableCount === 0) return undefined
    const above = segments.slice(
      0,
      segments.findLastIndex((segment) => segment.includes('{')),
    )
    return byCollection.get(`/${above.map((segment) => segment.replace(/\{[^}]*\}/g, '{}')).join('/')}`)
  }

  function table(resource: ResourcePlan): Table {
    // all at once and in one order: resources that refer to each other must not depend on who asks first
    if (tables.size === 0) for (const each of plan.resources.values()) if (each.isDeclared) filled(each)
    return filled(resource)
  }

  function filled(resource: ResourcePlan): Table {
    const existing = tables.get(resource.name)
    if (existing) return existing
    const made = createTable(resource.idField)
    tables.set(resource.name, made)
    if (resource.isDeclared) fill(resource, made)
    else if (resource.collection.variableCount === 0) fillBelow(resource, made, '')
    return made
  }

  function fill(resource: ResourcePlan, made: Table): void {
    if (resource.fixtures) {
      for (const row of resource.fixtures) made.put('', structuredClone(row))
      return
    }
    for (const name of neededResources(resource)) rowsOf(name)
    const parent = parentOf(resource)
    const parents = parent
      ? table(parent)
          .all()
          .map((stored) => joinParents(stored.parent, stored.row[parent.idField]))
      : ['']
    sampleRows(resource, seedOf(resource, ''), parents, worldFor(resource), (above, row) => made.put(above, row))
  }

  /** Nested collections of which only the element tells: each parent's rows when they are asked for. */
  function fillBelow(resource: ResourcePlan, made: Table, parent: string): void {
    const known = filledBelow.get(resource.name) ?? new Set()
    filledBelow.set(resource.name, known)
    if (known.has(parent)) return
    if (known.size >= MAX_PARENTS) {
      known.clear()
      made.clear()
    }
    known.add(parent)
    const put = (above: string, row: Row) => made.put(above, row)
    sampleRows(resource, seedOf(resource, parent), [parent], worldFor(resource), put)
  }

  function tableBelow(resource: ResourcePlan, parent: string): Table {
    const made = table(resource)
    if (!resource.isDeclared) fillBelow(resource, made, parent)
    return made
  }

  return {
    table,
    rows: (resource, parent) => tableBelow(resource, parent).below(parent),
    me,
    parentOf,
    replies,
    changed(change) {
      replies.clear()
      if (change) onChange(change)
    },
    find(resource, parent, id) {
      const made = tableBelow(resource, parent)
      const row = made.find(parent, id)
      if (row || resource.isDeclared || made.wasRemoved(parent, id) || id === '' || /[{}]/.test(id)) return row
      return sampleRow(resource, seedOf(resource, parent), id, worldFor(resource))
    },
    scopeOf: (resource) => ({
      now: now(),
      me: myId(),
      find: findByName,
      nextId: () => rowId(resource, table(resource).nextId()),
    }),
  }
}

/** Key of the row below which a nested collection lies. */
export function joinParents(above: string, id: unknown): string {
  return above === '' ? String(id) : `${above}${JOIN}${String(id)}`
}
