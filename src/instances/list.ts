import { sql } from 'kysely'
import Type, { type Static } from 'typebox'
import type { AccountsTables } from '../accounts/accounts-table.ts'
import { findAccount, ownerOf } from '../accounts/find-account.ts'
import type { Viewer } from '../elements/directory.ts'
import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import { type PageQuery, pageById } from '../store/page-by-id.ts'
import type { InstanceContext } from './context.ts'
import { instanceRows, toInstance } from './find.ts'
import type { Instance } from './instance.ts'

export interface InstanceQuery extends PageQuery {
  /** an instance must have all of them */
  tags?: readonly string[]
  elementKeys?: readonly string[]
  /** substring of the name or the element key, any case */
  searchText?: string
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
  return pageOf(context, caller, query)
}

/**
 * `GET /accounts/{id}/instances` (spec 50 §4): the same of an account that the caller administers.
 * @throws ValenceError ACCOUNT_NOT_FOUND (404), FORBIDDEN, NOTHING_FOUND
 */
export async function listAccountInstances(
  context: InstanceContext,
  caller: Caller,
  accountId: number,
  query: InstanceQuery,
): Promise<InstancePage> {
  const account = ownerOf(await findAccount(context.store.db.withTables<AccountsTables>(), accountId))
  context.authorize(caller, 'accounts.instances', account)
  return pageOf(context, account, query)
}

async function pageOf(context: InstanceContext, owner: Viewer, query: InstanceQuery): Promise<InstancePage> {
  const rows = matching(context, owner, { ...query, ...(await elementIdsOf(context, owner, query)) })
  const counted = rows.clearSelect().select(({ fn }) => fn.countAll<number>().as('total'))
  const { total } = await counted.executeTakeFirstOrThrow()
  if (Number(total) === 0) throw new ValenceError('NOTHING_FOUND', 'No element instances found')

  const { shown, next } = await pageById(rows, query, { by: 'instances.id' })
  return {
    instances: (await Promise.all(shown.map((row) => toInstance(context, row)))).flatMap((instance) => instance ?? []),
    total: Number(total),
    next,
  }
}

/** How many instances, altogether and per element. */
export const InstanceCount = Type.Object(
  {
    totalInstances: Type.Integer(),
    elementInstances: Type.Array(
      Type.Object({
        key: Type.Optional(Type.String()),
        name: Type.Optional(Type.String()),
        count: Type.Integer(),
      }),
    ),
  },
  { title: 'InstanceCount' },
)

/** `GET /instances/count` */
export async function countInstances(context: InstanceContext, caller: Caller): Promise<Static<typeof InstanceCount>> {
  context.authorize(caller, 'instances.list')
  const rows = await matching(context, caller, { elementIds: undefined, foundIds: [] })
    .clearSelect()
    .select('element_id')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .groupBy('element_id')
    .orderBy('element_id')
    .execute()
  const lines = new Map((await context.elements.list(caller)).map((line) => [line.id, line]))
  const perElement = rows.map((row) => ({ line: lines.get(row.element_id), count: Number(row.count) }))
  return {
    totalInstances: perElement.reduce((sum, { count }) => sum + count, 0),
    elementInstances: perElement.map(({ line, count }) => ({
      key: line?.key,
      name: line?.summary['name'] as string | undefined,
      count,
    })),
  }
}

function matching(
  context: InstanceContext,
  owner: Viewer,
  { tags, searchText, elementIds, foundIds }: Pick<InstanceQuery, 'tags' | 'searchText'> & ElementIds,
) {
  let rows = instanceRows(context).where('instances.account_id', '=', owner.accountId)
  if (tags?.length) rows = rows.where(sql<boolean>`tags @> ${[...tags]}::text[]`)
  if (elementIds) rows = rows.where(sql<boolean>`element_id = any(${elementIds}::integer[])`)
  if (searchText) {
    const text = searchText.toLowerCase()
    rows = rows.where(sql<boolean>`(strpos(lower(name), ${text}) > 0 or element_id = any(${foundIds}::integer[]))`)
  }
  return rows
}

interface ElementIds {
  /** ids of the elements asked for by key; undefined: any element */
  elementIds: number[] | undefined
  /** ids of elements whose key holds the search text */
  foundIds: number[]
}

async function elementIdsOf(context: InstanceContext, owner: Viewer, query: InstanceQuery): Promise<ElementIds> {
  const { elementKeys = [], searchText = '' } = query
  const asked = await Promise.all(elementKeys.map((key) => context.elements.find(owner, key)))
  const text = searchText.toLowerCase()
  const names = text === '' ? [] : await context.elements.names(owner)
  return {
    elementIds: elementKeys.length === 0 ? undefined : asked.flatMap((entry) => entry?.element.id ?? []),
    foundIds: names.filter(({ key }) => key.toLowerCase().includes(text)).map(({ id }) => id),
  }
}
