import { sql, type Transaction } from 'kysely'
import type { FormulaParts } from '../../model/formula.ts'
import type { FormulaTables } from '../formula-table.ts'
import type { GivenParts } from './read-parts.ts'

/**
 * Parts with their ids (spec 30 §2.6): one that was there keeps its id, found by that id or else by its name or key; all others get new ones. Lists
 * that were not given stay.
 */
export async function numberParts(
  trx: Transaction<FormulaTables>,
  before: FormulaParts,
  given: GivenParts,
): Promise<FormulaParts> {
  const lists = {
    configuration: known(before.configuration, given.configuration, ({ key }) => key),
    triggers: known(before.triggers, given.triggers, ({ name }) => name),
    steps: known(before.steps, given.steps, ({ name }) => name),
  }
  const all = Object.values(lists).flat()
  const ids = await newIds(trx, all.filter(({ id }) => id === undefined).length)
  const numbered = <Part>(parts: readonly (Omit<Part, 'id'> & { id?: number })[]) =>
    parts.map(({ id, ...part }) => ({ id: id ?? ids.next().value, ...part }) as Part & { id: number })
  return {
    configuration: numbered<FormulaParts['configuration'][number]>(lists.configuration),
    triggers: numbered<FormulaParts['triggers'][number]>(lists.triggers),
    steps: numbered<FormulaParts['steps'][number]>(lists.steps),
  }
}

/** @returns the given ones, with the ids of those that were there before and no others */
function known<Part extends { id: number }, Given extends { id?: number }>(
  before: readonly Part[],
  given: readonly Given[] | undefined,
  nameOf: (part: Part | Given) => string,
): (Omit<Given, 'id'> & { id?: number })[] {
  if (given === undefined) return before as unknown as Given[]
  const left = new Map(before.map((part) => [part.id, part]))
  const found = given.map(({ id }) => (id !== undefined && left.delete(id) ? id : undefined))
  const byName = Map.groupBy(left.values(), nameOf)
  return given.map((part, at) => {
    const { id: _foreign, ...rest } = part
    const id = found[at] ?? byName.get(nameOf(part))?.shift()?.id
    return id === undefined ? rest : { id, ...rest }
  })
}

async function newIds(trx: Transaction<FormulaTables>, count: number): Promise<Iterator<number, number>> {
  if (count === 0) return [].values() as Iterator<number, number>
  const { rows } = await sql<{ id: string }>`
    select nextval('formula_part_ids') as id from generate_series(1, ${sql.lit(count)})`.execute(trx)
  return rows.map(({ id }) => Number(id)).values() as Iterator<number, number>
}
