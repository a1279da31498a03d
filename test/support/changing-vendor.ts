// biome-ignore-all lint/suspicious/noTemplateCurlyInString: tokens of poll addresses

import type { Element } from '../../src/model/element.ts'
import type { VendorReply, VendorRequest } from '../../src/model/exchange.ts'
import { answer, elementOf, parameter, resource, row } from './engine.ts'

export type PagingStyle = 'page' | 'offset' | 'cursor' | 'keyset'
export type Order = 'oldest first' | 'newest first' | 'by id'

/** What happens at the vendor: while it is asked, or between. */
export type Happening = { what: 'create' } | { what: 'update' | 'delete'; which: number } | { what: 'fail' }

export interface VendorTraits {
  style: PagingStyle
  order: Order
  pageSize: number
  /** the vendor understands a filter by date */
  filters: boolean
  /** how exact its dates are */
  resolutionMs: number
  /** how much its clock is ahead of ours */
  skewMs: number
}

export interface VendorRecord {
  id: string
  created: string
  updated: string
}

/** A vendor whose records change while somebody reads them page by page. */
export interface ChangingVendor {
  element: Element
  /** `url` of the resource `things` */
  pollUrl: string
  happen(happening: Happening): void
  /** before each answer, one of these takes place */
  whileAsked: Happening[]
  answer(request: VendorRequest): VendorReply
  records(): VendorRecord[]
}

/** @param clock ours; the vendor's follows it, and every request takes a moment */
export function createChangingVendor(traits: VendorTraits, clock: { ms: number }): ChangingVendor {
  const { style, order, pageSize, filters, resolutionMs, skewMs } = traits
  const rows = new Map<string, { id: string; created: number; updated: number }>()
  let made = 0
  let isFailing = false
  const vendorNow = () => Math.floor((clock.ms + skewMs) / resolutionMs) * resolutionMs
  const iso = (ms: number) => new Date(ms).toISOString()
  const sorted = () =>
    [...rows.values()].sort((a, b) => {
      const byUpdate = a.updated - b.updated || compare(a.id, b.id)
      return order === 'by id' ? compare(a.id, b.id) : order === 'oldest first' ? byUpdate : -byUpdate
    })

  const vendor: ChangingVendor = {
    element: elementWith(style, pageSize),
    pollUrl:
      (order === 'newest first' ? '/things?orderBy=updated desc&' : '/things?') +
      (filters ? "since=${gmtDate:yyyy-MM-dd'T'HH:mm:ss'Z'}" : 'all=true'),
    whileAsked: [],
    happen(happening) {
      clock.ms += 137
      if (happening.what === 'fail') {
        isFailing = true
      } else if (happening.what === 'create') {
        // ids are in no order
        const id = `r${((made++ * 7919) % 9973).toString().padStart(4, '0')}`
        rows.set(id, { id, created: vendorNow(), updated: vendorNow() })
      } else {
        const row = [...rows.values()][happening.which % Math.max(1, rows.size)]
        if (row && happening.what === 'delete') rows.delete(row.id)
        else if (row) row.updated = vendorNow()
      }
    },
    answer(request) {
      clock.ms += 211
      const query = new URL(request.url).searchParams
      const next = vendor.whileAsked.shift()
      if (next) vendor.happen(next)
      if (isFailing) {
        isFailing = false
        return answer(400, { error: 'not now' })
      }
      const since = Date.parse(query.get('since') ?? '') || 0
      return page(
        sorted().filter(({ updated }) => updated >= since),
        query,
      )
    },
    records: () => sorted().map(shown),
  }
  return vendor

  function page(list: ReturnType<typeof sorted>, query: URLSearchParams): VendorReply {
    const cursor = query.get('cursor')
    const start =
      style === 'keyset'
        ? placeAfter(list, cursor)
        : style === 'page'
          ? (Number(query.get('page') ?? 1) - 1) * pageSize
          : Number((style === 'cursor' ? cursor : query.get('offset')) ?? 0)
    const things = list.slice(start, start + pageSize)
    const isLast = start + pageSize >= list.length
    const last = things.at(-1)
    const following = style === 'keyset' ? last && JSON.stringify([last.updated, last.id]) : String(start + pageSize)
    return answer(200, { things: things.map(shown), next: isLast ? null : following })
  }

  /** As vendors with lasting cursors do it: what comes behind the last record that was given, wherever that is by now. */
  function placeAfter(list: ReturnType<typeof sorted>, cursor: string | null): number {
    if (!cursor) return 0
    const [updated, id] = JSON.parse(cursor) as [number, string]
    const at = list.findIndex((row) => {
      const byUpdate = row.updated - updated || compare(row.id, id)
      return (order === 'by id' ? compare(row.id, id) : order === 'oldest first' ? byUpdate : -byUpdate) > 0
    })
    return at < 0 ? list.length : at
  }

  function shown(record: { id: string; created: number; updated: number }): VendorRecord {
    return { id: record.id, created: iso(record.created), updated: iso(record.updated) }
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function elementWith(style: PagingStyle, pageSize: number): Element {
  const isCursor = style === 'cursor' || style === 'keyset'
  return elementOf({
    configuration: [
      row('base.url', 'https://api.acme.test/v1'),
      row('pagination.type', isCursor ? 'cursor' : style),
      row('pagination.max', String(pageSize)),
    ],
    resources: [
      resource('GET', '/things', {
        rootKey: '|things',
        ...(isCursor ? { nextPageKey: 'body.next' } : {}),
        parameters: [
          parameter('query since', 'query since'),
          parameter('query pageSize', 'query limit'),
          isCursor
            ? parameter('query nextPage', 'query cursor')
            : parameter('query page', style === 'page' ? 'query page' : 'query offset'),
        ],
      }),
    ],
  })
}
