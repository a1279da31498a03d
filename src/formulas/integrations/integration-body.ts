import { type Kysely, sql } from 'kysely'
import Type, { type Static } from 'typebox'
import { IsoSeconds, isoSeconds } from '../../model/iso-seconds.ts'
import type { FormulaTables } from '../formula-table.ts'
import type { IntegrationRow } from './integration-table.ts'

const NAMED = { id: Type.Integer(), name: Type.String() }

/** Formulas and instances of them under one name (spec 33 §2.2). */
export const IntegrationBody = Type.Object(
  {
    ...NAMED,
    stage: Type.Optional(Type.String({ examples: ['testing', 'production'] })),
    createdDate: IsoSeconds,
    updatedDate: IsoSeconds,
    formulas: Type.Array(Type.Object({ ...NAMED, active: Type.Boolean() })),
    formulaInstances: Type.Array(
      Type.Object({ ...NAMED, active: Type.Boolean(), formula: Type.Object({ id: Type.Integer() }) }),
    ),
    elementInstances: Type.Array(Type.Object({ ...NAMED, element: Type.Object({ id: Type.Integer() }) }), {
      description: 'That its formula instances are bound to',
    }),
  },
  { title: 'Integration' },
)
export type IntegrationBody = Static<typeof IntegrationBody>

/** In the order of the rows. Each list of an integration is read once for all of them. */
export async function toIntegrationBodies(
  db: Kysely<FormulaTables>,
  rows: readonly IntegrationRow[],
): Promise<IntegrationBody[]> {
  if (rows.length === 0) return []
  const ids = rows.map(({ id }) => id)
  const [formulas, formulaInstances, elementInstances] = [
    grouped(await formulasOf(db, ids)),
    grouped(await formulaInstancesOf(db, ids)),
    grouped(await elementInstancesOf(db, ids)),
  ]
  return rows.map(({ id, name, stage, created_at, updated_at }) => ({
    id,
    name,
    ...(stage === null ? {} : { stage }),
    createdDate: isoSeconds(created_at),
    updatedDate: isoSeconds(updated_at),
    formulas: formulas.get(id) ?? [],
    formulaInstances: formulaInstances.get(id) ?? [],
    elementInstances: elementInstances.get(id) ?? [],
  }))
}

type Attached<Body> = { integrationId: number; body: Body }

async function formulasOf(
  db: Kysely<FormulaTables>,
  ids: readonly number[],
): Promise<Attached<IntegrationBody['formulas'][number]>[]> {
  const rows = await db
    .selectFrom('integration_formulas')
    .innerJoin('formulas', 'formulas.id', 'formula_id')
    .select(['integration_id', 'formulas.id', 'name', 'active'])
    .where('integration_id', 'in', ids)
    .orderBy('formulas.id')
    .execute()
  return rows.map(({ integration_id, ...body }) => ({ integrationId: integration_id, body }))
}

async function formulaInstancesOf(
  db: Kysely<FormulaTables>,
  ids: readonly number[],
): Promise<Attached<IntegrationBody['formulaInstances'][number]>[]> {
  const rows = await db
    .selectFrom('integration_formula_instances')
    .innerJoin('formula_instances', 'formula_instances.id', 'formula_instance_id')
    .select(['integration_id', 'formula_instances.id', 'name', 'active', 'formula_id'])
    .where('integration_id', 'in', ids)
    .orderBy('formula_instances.id')
    .execute()
  return rows.map(({ integration_id, formula_id, ...body }) => ({
    integrationId: integration_id,
    body: { ...body, formula: { id: formula_id } },
  }))
}

/** Each once, however many instances are bound to it. */
async function elementInstancesOf(
  db: Kysely<FormulaTables>,
  ids: readonly number[],
): Promise<Attached<IntegrationBody['elementInstances'][number]>[]> {
  const { rows } = await sql<{ integrationId: number; id: number; name: string; elementId: number }>`
    select distinct integration_id as "integrationId", instances.id, instances.name, instances.element_id as "elementId"
    from integration_formula_instances attached
    join formula_instances on formula_instances.id = attached.formula_instance_id
    join formula_bindings on formula_bindings.formula_instance_id = formula_instances.id
    join instances on instances.id = formula_bindings.element_instance_id
      and instances.account_id = formula_instances.account_id and instances.deleted_at is null
    where integration_id = any(${ids}::integer[])
    order by 1, 2`.execute(db)
  return rows.map(({ integrationId, elementId, ...body }) => ({
    integrationId,
    body: { ...body, element: { id: elementId } },
  }))
}

function grouped<Body>(all: readonly Attached<Body>[]): Map<number, Body[]> {
  const lists = new Map<number, Body[]>()
  for (const { integrationId, body } of all) lists.set(integrationId, [...(lists.get(integrationId) ?? []), body])
  return lists
}
