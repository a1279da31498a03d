import { pathBelowHub } from '../../engine/resource-types.ts'
import { ValenceError } from '../../errors.ts'
import type { ResourceCall } from '../../model/exchange.ts'
import type { UploadRequest } from '../job-request.ts'

/** Rows that are written together when nobody says otherwise, and at most. */
const CONCURRENCY = 8
const MOST_CONCURRENCY = 16
const ACTIONS = ['create', 'update', 'upsert', 'delete'] as const
/** Members that are the vendor's affair: they go to it with each row (spec 22 §5). */
const FORWARDED = ['listId', 'campaignId', 'programName', 'programStatus'] as const

type MetaData = UploadRequest['metaData']

/** What is asked; how the file is to be read shows once it is here. */
export type AskedUpload = Omit<UploadRequest, 'format' | 'delimiter'>

/**
 * The keys of `metaData` (spec 22 §5). What is none of ours is kept and goes back with the status.
 *
 * @param primaryKey the field that the object declares as its key: what records are recognized by when the caller names none
 * @throws ValenceError PARAMETER_INVALID, PARAMETER_MISSING naming the key
 */
export function readUploadRequest(
  { objectName, query, metaData }: { objectName: string; query: ResourceCall['query']; metaData: MetaData },
  primaryKey: string | undefined,
): AskedUpload {
  const named = textIn(metaData, 'identifierFieldName') ?? textIn(metaData, 'primaryKeyName')
  const action = readAction(metaData) ?? (named === undefined ? 'create' : 'upsert')
  const identifierFieldName = action === 'create' ? undefined : (named ?? primaryKey ?? idOf(action))
  if (action !== 'create' && identifierFieldName === undefined) {
    throw new ValenceError(
      'PARAMETER_MISSING',
      `metaData: "identifierFieldName" is required for the action "${action}": the field that records of "${objectName}" are recognized by`,
    )
  }
  const path = readPath(metaData)
  return {
    ...{ objectName, action, metaData, concurrency: readConcurrency(metaData), query: forwarded(metaData, query) },
    ...(identifierFieldName === undefined ? {} : { identifierFieldName }),
    ...(path === undefined ? {} : { path }),
  }
}

/** Records that are there already have an id; what an upsert is to go by, somebody has to say. */
function idOf(action: UploadRequest['action']): string | undefined {
  return action === 'upsert' ? undefined : 'id'
}

function readAction(metaData: MetaData): UploadRequest['action'] | undefined {
  const given = textIn(metaData, 'action')?.toLowerCase()
  const found = ACTIONS.find((action) => action === given)
  if (found !== undefined || given === undefined) return found
  throw new ValenceError('PARAMETER_INVALID', `metaData: the action "${given}" is none of ${ACTIONS.join(', ')}`)
}

function readConcurrency({ concurrency }: MetaData): number {
  if (concurrency === undefined || concurrency === null || concurrency === '') return CONCURRENCY
  if (String(concurrency).toLowerCase() === 'serial') return 1
  const count = Number(concurrency)
  if (Number.isInteger(count) && count >= 1) return Math.min(count, MOST_CONCURRENCY)
  throw new ValenceError(
    'PARAMETER_INVALID',
    `metaData: the concurrency ${JSON.stringify(concurrency)} is neither "serial" nor a number from 1 to ${MOST_CONCURRENCY}`,
  )
}

/** Of a sub-resource: `/lists/7/contacts`. */
export function readPath(metaData: MetaData): string | undefined {
  const given = textIn(metaData, 'path')
  if (given === undefined) return undefined
  const segments = pathBelowHub(given.startsWith('/') ? given : `/${given}`)
    .split('/')
    .filter(Boolean)
  if (segments.length === 0 || segments.includes('..') || /[?#\s\\]/.test(given)) {
    throw new ValenceError('PARAMETER_INVALID', `metaData: the path ${JSON.stringify(given)} is no path of a resource`)
  }
  return `/${segments.join('/')}`
}

function forwarded(metaData: MetaData, query: ResourceCall['query']): ResourceCall['query'] {
  const added = FORWARDED.flatMap((name) => {
    const value = metaData[name]
    const isScalar = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    return isScalar && query[name] === undefined ? [[name, String(value)] as const] : []
  })
  return { ...query, ...Object.fromEntries(added) }
}

function textIn(metaData: MetaData, name: string): string | undefined {
  const value = metaData[name]
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'string') return value.trim() || undefined
  throw new ValenceError(
    'PARAMETER_INVALID',
    `metaData: expected a text in "${name}", got ${JSON.stringify(value).slice(0, 100)}`,
  )
}
