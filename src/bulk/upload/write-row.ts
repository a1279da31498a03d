import { ValenceError } from '../../errors.ts'
import type { BulkContext } from '../context.ts'
import type { UploadRequest } from '../job-request.ts'
import { type AskingWorld, createAsk, RowFailed } from './ask-vendor.ts'
import { createRecordSearch } from './find-record.ts'
import type { ObjectFacts } from './object-facts.ts'
import { recordId, scalarAt } from './record-id.ts'
import type { RowOutcome } from './row-outcome.ts'

export type Row = Readonly<Record<string, unknown>>

/** Writes a row, and says what became of it. Nothing that happens to one row is thrown. */
export type WriteRow = (row: Row) => Promise<RowOutcome>

export interface WriterWorld extends AskingWorld, Pick<ObjectFacts, 'path' | 'changeMethod' | 'idNames'> {
  context: AskingWorld['context'] & Pick<BulkContext, 'log'>
  request: UploadRequest
}

/**
 * Rows go through the element's resources one by one (spec 22 §5): `create` is POST; the others need a record, which is found by the
 * identifier or, where that is the id, reached at once.
 */
export function createRowWriter(world: WriterWorld): WriteRow {
  const { context, instance, request, path, changeMethod, idNames } = world
  const { action, identifierFieldName: identifier = '' } = request
  const isById = idNames.includes(identifier)
  const ask = createAsk(world)
  const find = createRecordSearch({
    ...{ path, identifier, idNames, query: request.query },
    ask: (call) => ask({ method: 'GET', ...call }),
  })

  const actions: Record<UploadRequest['action'], (row: Row) => Promise<unknown>> = {
    create,
    update: async (row) => change(await theId(row), row),
    upsert: (row) => (isById ? upsertById(row) : upsertByField(row)),
    delete: async (row) => ask({ method: 'DELETE', path: itemPath(await theId(row)) }),
  }

  return async (row) => {
    try {
      await actions[action](row)
      return { kind: 'written' }
    } catch (error) {
      if (error instanceof RowFailed) return error.outcome
      context.log.error({ err: error, instanceId: instance.id }, 'a row of a bulk job failed in a way nobody foresaw')
      return { kind: 'uncertain', status: '500: Internal error' }
    }
  }

  async function create(row: Row): Promise<void> {
    await ask({ method: 'POST', path, body: row })
  }

  async function change(id: string, row: Row): Promise<void> {
    await ask({ method: changeMethod, path: itemPath(id), body: row })
  }

  async function upsertByField(row: Row): Promise<void> {
    const ids = await found(row)
    await (ids.length === 0 ? create(row) : change(single(ids, row), row))
  }

  /** A record whose id nobody knows yet is a new one, as is one that is gone. */
  async function upsertById(row: Row): Promise<void> {
    const id = recordId(row, [identifier])
    if (id === undefined) return create(row)
    try {
      await change(id, row)
    } catch (error) {
      if (!isNotFound(error)) throw error
      await create(row)
    }
  }

  async function theId(row: Row): Promise<string> {
    return isById ? String(keyOf(row)) : single(await found(row), row)
  }

  async function found(row: Row): Promise<string[]> {
    const value = keyOf(row)
    try {
      return await find(value)
    } catch (error) {
      if (!(error instanceof ValenceError)) throw error
      throw new RowFailed(failed(error.status, error.message), error)
    }
  }

  function single([id, other]: readonly string[], row: Row): string {
    if (id === undefined) throw new RowFailed(failed(404, `no record has ${identifier} '${keyOf(row)}'`))
    if (other === undefined) return id
    throw new RowFailed(failed(409, `more than one record has ${identifier} '${keyOf(row)}'`))
  }

  function keyOf(row: Row): string | number | boolean {
    const value = scalarAt(row, identifier)
    if (value !== undefined && value !== '') return value
    throw new RowFailed(failed(400, `${identifier} is empty, which says what record is meant`))
  }

  function itemPath(id: string): string {
    return `${path}/${encodeURIComponent(id)}`
  }
}

function failed(status: number, what: string): RowOutcome {
  return { kind: 'failed', status: `${status}: ${what}` }
}

/** The vendor has no such record. */
function isNotFound(error: unknown): boolean {
  if (!(error instanceof RowFailed) || error.outcome.kind !== 'failed') return false
  const { cause } = error
  return cause instanceof ValenceError && cause.code === 'VENDOR_FAILED' && (cause.vendorStatus ?? cause.status) === 404
}
