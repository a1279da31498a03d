import { printWhere } from '../../ceql/print.ts'
import { ValenceError } from '../../errors.ts'
import { decodedBody } from '../../instances/ask-all-pages.ts'
import type { ResourceCall, ResourceReply } from '../../model/exchange.ts'
import { isObject } from '../../model/is-object.ts'
import type { UploadRequest } from '../job-request.ts'
import { recordId, scalarAt } from './record-id.ts'

/** A vendor that finds by the beginning of a name has some more than the one that is meant. */
const PAGE_SIZE = '10'
/** Lists that are filtered on this side have pages on which nothing is left. */
const MOST_PAGES = 10

export interface RecordSearch {
  ask(call: Pick<ResourceCall, 'path' | 'query'>): Promise<ResourceReply>
  path: string
  query: UploadRequest['query']
  identifier: string
  idNames: readonly string[]
}

type Value = string | number | boolean

/**
 * Finds records by one of their fields, through the list's `where`. What the vendor lists besides does not count: a record that shows another
 * value is none of those that were meant, and of one that shows none nobody knows.
 *
 * @returns ids of all that were found, up to two
 * @throws ValenceError VENDOR_REPLY_INVALID for a record without the field or an id; NOTHING_FOUND after too many pages
 */
export function createRecordSearch(search: RecordSearch): (value: Value) => Promise<string[]> {
  const { identifier, idNames } = search
  return async (value) => {
    const ids = new Set<string>()
    let nextPage: string | undefined
    for (let page = 0; page < MOST_PAGES; page++) {
      const { records, next } = await readPage(search, value, nextPage)
      for (const record of records) {
        const shown = scalarAt(record, identifier)
        // a vendor that ignored the filter may have listed anything
        if (shown === undefined) throw unusable(search, value, `does not show "${identifier}"`)
        if (plain(shown) !== plain(value)) continue
        const id = recordId(record, idNames)
        if (id === undefined)
          throw unusable(search, value, `shows no id (looked for ${idNames.slice(0, 5).join(', ')})`)
        ids.add(id)
      }
      if (ids.size > 0 || next === undefined) return [...ids].slice(0, 2)
      nextPage = next
    }
    throw new ValenceError(
      'NOTHING_FOUND',
      `${identifier} '${value}' is not among the first ${MOST_PAGES} pages that the vendor lists for it`,
    )
  }
}

async function readPage({ ask, path, query, identifier }: RecordSearch, value: Value, nextPage: string | undefined) {
  const reply = await ask({
    path,
    query: {
      ...(query as ResourceCall['query']),
      ...{ where: equals(identifier, value), pageSize: PAGE_SIZE },
      ...(nextPage === undefined ? {} : { nextPage }),
    },
  })
  const body = decodedBody(reply)
  return {
    records: Array.isArray(body) ? body : isObject(body) ? [body] : [],
    next: reply.headers['elements-next-page-token'],
  }
}

/** The value as the file has it: a text is quoted, whatever it looks like. */
export function equals(attribute: string, value: Value): string {
  const type = typeof value === 'string' ? 'text' : (typeof value as 'number' | 'boolean')
  return printWhere({ kind: 'comparison', attribute, operator: '=', value: { text: String(value), type } })
}

/** Values that find the same record: vendors find names in any letter case. */
export function plain(value: Value): string {
  return String(value).trim().toLowerCase()
}

function unusable({ identifier }: RecordSearch, value: Value, why: string): ValenceError {
  return new ValenceError('VENDOR_REPLY_INVALID', `a record that was found for ${identifier} '${value}' ${why}`)
}
