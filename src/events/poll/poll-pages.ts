import { ValenceError } from '../../errors.ts'
import { decodedBody } from '../../instances/ask-all-pages.ts'
import type { Instance } from '../../instances/instance.ts'
import type { Caller } from '../../model/account.ts'
import { newCallFacts, type ResourceReply } from '../../model/exchange.ts'
import type { PollCall } from './poll-call.ts'
import type { PollContext } from './poll-context.ts'

/** Whose list it is. */
export interface Polled {
  instance: Instance
  /** the owner */
  caller: Caller
}

/** A vendor without any filter has long lists; one that goes on for ever has a fault. */
const MAX_PAGES = 5_000
/** A page whose answer drips would hold the run, and one of the few places that all accounts share, for ever. */
const LONGEST_PAGE_MS = 10 * 60_000

/**
 * The pages of a list, one after the other, each asked for when the one before has been worked on. Every call is in the usage log.
 *
 * @throws ValenceError of the vendor, or VENDOR_REPLY_INVALID for what is no list or has no end; an AbortError when `signal` says so
 */
export async function* pollPages(
  context: PollContext,
  { instance, caller }: Polled,
  { path, query }: PollCall,
  signal: AbortSignal,
): AsyncGenerator<readonly unknown[]> {
  let nextPage: string | undefined
  for (let page = 1; page <= MAX_PAGES; page++) {
    signal.throwIfAborted()
    // tokens may have been refreshed since the last page
    const current = (await context.instanceOf(instance.id)) ?? instance
    const asked = nextPage === undefined ? query : { ...query, nextPage }
    const reply = await pollPage(context, { instance: current, caller }, path, asked)
    const body = decodedBody(reply)
    if (!Array.isArray(body)) throw invalid(path, 'answered with something that is no list')
    yield body
    const next = reply.headers['elements-next-page-token']
    if (next === undefined) return
    if (next === nextPage) throw invalid(path, 'names a page as the one that follows itself')
    nextPage = next
  }
  throw invalid(path, `has more than ${MAX_PAGES} pages; let the url filter by date`)
}

async function pollPage(
  context: PollContext,
  { instance, caller }: Polled,
  path: string,
  query: PollCall['query'],
): Promise<ResourceReply> {
  const facts = newCallFacts()
  const requestId = context.newRequestId()
  const [startedAt, started] = [context.now().getTime(), performance.now()]
  let outcome: { status: number; message?: string; providerMessage?: string | undefined } = { status: 500 }
  try {
    const call = { method: 'GET', path, query, headers: {}, body: undefined, requestId, facts }
    const reply = await inTime(context.call(caller, instance, call), path)
    outcome = { status: reply.status }
    return reply
  } catch (error) {
    if (error instanceof ValenceError) outcome = error
    throw error
  } finally {
    context.recordCall({
      requestId,
      startedAt,
      organizationId: caller.organizationId,
      accountId: caller.accountId,
      userId: caller.userId,
      method: 'GET',
      url: `/elements/api-v2/hubs/${instance.plan.element.hub}${path}`,
      ip: undefined,
      status: outcome.status,
      ms: performance.now() - started,
      operation: 'resources.call',
      call: facts,
      message: outcome.message,
      providerMessage: outcome.providerMessage,
    })
  }
}

/** @throws ValenceError VENDOR_TIMEOUT; what is asked then goes on, and nobody hears of it */
async function inTime<T>(answer: T | Promise<T>, path: string): Promise<T> {
  const over = Promise.withResolvers<never>()
  const timer = setTimeout(
    () =>
      over.reject(
        new ValenceError('VENDOR_TIMEOUT', `GET ${path} was not answered in ${LONGEST_PAGE_MS / 60_000} minutes`),
      ),
    LONGEST_PAGE_MS,
  )
  try {
    return await Promise.race([answer, over.promise])
  } finally {
    clearTimeout(timer)
  }
}

function invalid(path: string, reason: string): ValenceError {
  return new ValenceError('VENDOR_REPLY_INVALID', `GET ${path} ${reason}`)
}
