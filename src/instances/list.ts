import { sql } from 'kysely'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import type { InstanceContext } from './context.ts'
import { instanceRows, toInstance } from './find.ts'
import type { Instance } from './instance.ts'

export interface InstanceQuery {
  /** an instance must have all of them */
  tags?: readonly string[]
  elementKeys?: readonly string[]
  /** substring of the name or the element key, any case */
  searchText?: string
  pageSize: number
  page?: number
  /** id of the last instance of the previous page */
  after?: number
}

export interface InstancePage {
  instances: Instance[]
  total: number
  /** id to go on after, when there is more */
  next: number | undefined
}

/**
 * Instances of the caller's account in order of id (spec 10 §4.2).
 * @throws ValenceError NOTHING_FOUND: no match answers 404 (spec 00 §6)
 */
export async function listInstances(
  context: InstanceContext,
  caller: Caller,
  query: InstanceQuery,
): Promise<InstancePage> {
  context.authorize(caller, 'instances.list')
  const rows = matching(context, caller, query)
  const counted = rows.clearSelect().select(({ fn }) => fn.countAll<number>().as('total'))
  const { total } = await counted.executeTakeFirstOrThrow()
  if (Number(total) === 0) throw new ValenceError('NOTHING_FOUND', 'No element instances found')

  let page = rows.orderBy('instances.id').limit(query.pageSize + 1)
  if (query.after !== undefined) page = page.where('instances.id', '>', query.after)
  else if (query.page !== undefined) page = page.offset((query.page - 1) * query.pageSize)
  const found = await page.execute()
  const shown = found.slice(0, query.pageSize)
  return {
    instances: shown.flatMap((row) => toInstance(context, row) ?? []),
    total: Number(total),
    next: found.length > query.pageSize ? shown.at(-1)?.id : undefined,
  }
}

/** `GET /instances/count`: how many instances, altogether and per element. */
export async function countInstances(context: InstanceContext, caller: Caller) {
  context.authorize(caller, 'instances.list')
  const rows = await matching(context, caller, {})
    .clearSelect()
    .select('element_id')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .groupBy('element_id')
    .orderBy('element_id')
    .execute()
  const perElement = rows.map((row) => ({ element: context.catalog.find(row.element_id), count: Number(row.count) }))
  return {
    totalInstances: perElement.reduce((sum, { count }) => sum + count, 0),
    elementInstances: perElement.map(({ element, count }) => ({ key: element?.key, name: element?.name, count })),
  }
}

function matching(context: InstanceContext, caller: Caller, query: Partial<InstanceQuery>) {
  let rows = instanceRows(context).where('instances.account_id', '=', caller.accountId)
  if (query.tags?.length) rows = rows.where(sql<boolean>`tags @> ${[...query.tags]}::text[]`)
  if (query.elementKeys?.length) {
    const ids = query.elementKeys.flatMap((key) => context.catalog.find(key)?.id ?? [])
    rows = rows.where(sql<boolean>`element_id = any(${ids}::integer[])`)
  }
  if (query.searchText) {
    const text = query.searchText.toLowerCase()
    const ids = context.catalog.elements.filter(({ key }) => key.toLowerCase().includes(text)).map(({ id }) => id)
    rows = rows.where(sql<boolean>`(strpos(lower(name), ${text}) > 0 or element_id = any(${ids}::integer[]))`)
  }
  return rows
}
