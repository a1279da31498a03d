import Type from 'typebox'
import { logScopeOf } from '../../accounts/log-scope.ts'
import {
  countByAccount,
  countByInstance,
  countEvents,
  EventCount,
  type EventQuestion,
  EventsByAccount,
  EventsByInstance,
} from '../../events/analyze-events.ts'
import { EventBody } from '../../events/event-body.ts'
import { type EventScope, type EventStoreContext, eventScopeOf } from '../../events/event-scope.ts'
import { DispositionBody, listDispositions } from '../../events/list-dispositions.ts'
import { findEvent, listEvents } from '../../events/list-events.ts'
import { retryEvent } from '../../events/retry-event.ts'
import type { App, Reply, Request } from '../app.ts'
import { hasElementToken, type Identify } from '../identify.ts'
import { PAGING } from '../openapi/common-parameters.ts'
import { arrayOf, query } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import { addListHeaders, readListPage, type TokenSigner } from '../paging.ts'
import { idOf, type Query, single } from '../query.ts'
import { readInterval, readSomeTimeRange, readTimeRange } from '../time-range.ts'
import { ACCOUNT_IDS, INTERVAL, RANGE } from '../usage-parameters.ts'
import { idsOf } from '../usage-query.ts'

const ID = Type.String({ description: 'Id of the instance' })
const EVENT_ID = Type.String({ description: 'Id of the event, 20 characters' })
const OfInstance = Type.Object({ id: ID })
const OfEvent = Type.Object({ eventId: EVENT_ID })
const OfBoth = Type.Object({ id: ID, eventId: EVENT_ID })

const Listed = query({ ...RANGE, pageSize: PAGING.pageSize, nextPage: PAGING.nextPage })
const Rows = query({ ...RANGE, ...INTERVAL, 'accountIds[]': ACCOUNT_IDS })
const DAY_MS = 86_400_000

const WHOSE = 'Of all instances of the own account; with an Element token, of that instance.'
const NEWEST = 'Newest first. A page of large events is shorter than asked for.'
const RETRIED =
  'Only what could not be processed (status `RECEIVED`): its hook failed, or ended the process every time. 409 for any other.'
const COUNTED = `One row for each interval, also where nothing arrived: an hour by minute has 61. Of the last day unless \`from\` and \`to\` say otherwise. ${WHOSE}`

interface Deps {
  eventStore: EventStoreContext
  identify: Identify
  signer: TokenSigner
}

/** Stored events and what became of them (spec 40 §10). */
export function eventStoreRoutes(app: App, { eventStore, identify, signer }: Deps): void {
  const read = { operation: 'events.read' as const }

  /** Of the path, of the Element token, or of the whole account. */
  const scopeOf = async (
    request: Request,
    operation: 'events.read' | 'events.retry',
    id?: string,
  ): Promise<EventScope> => {
    const byToken = id === undefined && hasElementToken(request)
    const instanceId = byToken
      ? (await identify.callerWithInstance(request)).instance.id
      : id === undefined
        ? undefined
        : idOf(id)
    return eventScopeOf(eventStore, callerOf(request), operation, instanceId)
  }

  const list = async (request: Request, reply: Reply, id?: string) => {
    const scope = await scopeOf(request, 'events.read', id)
    const page = listPage(request, reply, 'events')
    const [at = '', eventId = ''] = page.after?.split(' ') ?? []
    const { events, next } = await listEvents(eventStore, scope, {
      ...page.range,
      pageSize: page.pageSize,
      after: page.after === undefined ? undefined : { at: Number(at), id: eventId },
    })
    finish(reply, page, events.length, next && `${next.at} ${next.id}`)
    return events
  }

  function listPage(request: Request, reply: Reply, name: string) {
    const asked = request.query as Query
    const filter = { from: single(asked['from']) ?? '', to: single(asked['to']) ?? '' }
    const page = readListPage<string>(asked, name, filter, signer, reply)
    return { ...page, name, range: readSomeTimeRange(page.filter as Query) }
  }

  function finish(reply: Reply, page: ReturnType<typeof listPage>, returned: number, next: string | undefined): void {
    addListHeaders(reply, { returned, total: undefined, next }, page.name, page, signer)
  }

  app.get(
    '/instances/events',
    {
      config: read,
      schema: {
        summary: 'List events',
        description: `${NEWEST} ${WHOSE}`,
        querystring: Listed,
        response: { 200: arrayOf(EventBody) },
      },
    },
    (request, reply) => list(request, reply),
  )
  app.get(
    '/instances/:id/events',
    {
      config: read,
      schema: {
        summary: 'List events of an instance',
        description: NEWEST,
        params: OfInstance,
        querystring: Listed,
        response: { 200: arrayOf(EventBody) },
      },
    },
    (request, reply) => list(request, reply, request.params.id),
  )
  app.get(
    '/instances/events/:eventId',
    {
      config: read,
      schema: { summary: 'Read an event', description: WHOSE, params: OfEvent, response: { 200: EventBody } },
    },
    async (request) => findEvent(eventStore, await scopeOf(request, 'events.read'), request.params.eventId),
  )
  app.get(
    '/instances/:id/events/:eventId',
    { config: read, schema: { summary: 'Read an event of an instance', params: OfBoth, response: { 200: EventBody } } },
    async (request) => {
      const { id, eventId } = request.params
      return findEvent(eventStore, await scopeOf(request, 'events.read', id), eventId)
    },
  )
  app.get(
    '/instances/events/dispositions',
    {
      config: read,
      schema: {
        summary: 'List what is to be said of events',
        description: `For each event and instance, the newest first: what its deliveries failed with, why it was not processed. ${WHOSE}`,
        querystring: Listed,
        response: { 200: arrayOf(DispositionBody) },
      },
    },
    async (request, reply) => {
      const scope = await scopeOf(request, 'events.read')
      const page = listPage(request, reply, 'event dispositions')
      const [at = '', id = '', instanceId = ''] = page.after?.split(' ') ?? []
      const { dispositions, next } = await listDispositions(eventStore, scope, {
        ...page.range,
        pageSize: page.pageSize,
        after: page.after === undefined ? undefined : { at: Number(at), id, instanceId: Number(instanceId) },
      })
      finish(reply, page, dispositions.length, next && `${next.at} ${next.id} ${next.instanceId}`)
      return dispositions
    },
  )

  app.post(
    '/instances/events/:eventId/retry',
    {
      config: { operation: 'events.retry' },
      schema: {
        summary: 'Process an event again',
        description: `${RETRIED} ${WHOSE}`,
        params: OfEvent,
        response: { 200: EventBody },
      },
    },
    async (request) => retryEvent(eventStore, await scopeOf(request, 'events.retry'), request.params.eventId),
  )

  const question = async (request: Request): Promise<EventQuestion> => {
    const asked = request.query as Query
    const range = readTimeRange(asked, { now: eventStore.now(), defaultMs: DAY_MS })
    const interval = readInterval(asked, range)
    const { instanceId } = await scopeOf(request, 'events.read')
    const scope = await logScopeOf(eventStore.store, callerOf(request), idsOf(asked, 'accountIds'))
    return { scope, range, interval, ...(instanceId === undefined ? {} : { instanceId }) }
  }
  const counting = <T extends Type.TSchema>(summary: string, row: T) => ({
    config: read,
    schema: { summary, description: COUNTED, querystring: Rows, response: { 200: arrayOf(row) } },
  })
  app.get('/instances/events/analytics', counting('Count events', EventCount), async (request) =>
    countEvents(eventStore, await question(request)),
  )
  app.get(
    '/instances/events/analytics/instances',
    counting('Count events by instance', EventsByInstance),
    async (request) => countByInstance(eventStore, await question(request)),
  )
  app.get(
    '/instances/events/analytics/accounts',
    counting('Count events by account', EventsByAccount),
    async (request) => countByAccount(eventStore, await question(request)),
  )
}
