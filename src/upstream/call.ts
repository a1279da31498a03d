import { Readable } from 'node:stream'
import type { Dispatcher, Pool } from 'undici'
import type { ValenceError } from '../errors.ts'
import type { VendorRequest } from '../model/exchange.ts'
import { whenAborted } from '../model/when-aborted.ts'
import { abortFailure, type CallFacts, markBeforeSend, noAnswer, toFailure } from './failures.ts'
import { createIncomingBody, type IncomingBody } from './incoming-body.ts'

export interface Answer {
  status: number
  /** lower-case names */
  headers: Record<string, string | string[]>
  body: IncomingBody
}

/**
 * Sends one request over a pool and waits for the head of its answer.
 *
 * It is undici's `dispatch` rather than `request` because only the handler learns when the first byte leaves
 * (`isBeforeSend`), can give up a request that still waits for a connection, and gets the body without a stream.
 *
 * `timeoutMs` limits the wait for a connection and for the head together, then each silence of the body. A streamed
 * upload that has begun is only limited by its own silences. A body that nobody asks for is dropped after `timeoutMs`,
 * so that it cannot hold its connection.
 *
 * @param path path and query as they go on the wire
 * @param host of the true address, for messages
 * @throws ValenceError as `toFailure` and `abortFailure`; marked before send when nothing had left
 */
export function call(pool: Pool, path: string, host: string, request: VendorRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { timeoutMs, signal, body: upload } = request
    const facts: CallFacts = { host, timeoutMs }
    let connection: Dispatcher.DispatchController | undefined
    let body: IncomingBody | undefined
    let failure: ValenceError | undefined
    let letGo: (() => void) | undefined

    function release(): void {
      clearTimeout(timer)
      letGo?.()
    }

    function fail(error: ValenceError): void {
      if (failure !== undefined) return
      failure = error
      release()
      if (upload instanceof Readable) upload.on('error', () => undefined).destroy(error)
      if (body === undefined) reject(connection === undefined ? markBeforeSend(error) : error)
      else body.fail(error)
      connection?.abort(error)
    }

    function onSilence(): void {
      const isUploading = upload instanceof Readable && upload.readableDidRead
      if (body === undefined ? !isUploading : body.isUnread()) fail(noAnswer(facts, connection !== undefined))
    }

    const timer = setTimeout(onSilence, timeoutMs)
    // open sockets keep the process alive as long as it matters
    timer.unref()
    letGo = whenAborted(signal, () => fail(abortFailure(signal?.reason, facts)))

    pool.dispatch(
      {
        path,
        method: request.method,
        headers: request.headers,
        body: upload ?? null,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      },
      {
        onRequestStart(controller) {
          // given up while it waited: throwing takes it out of the queue and leaves the connection as it is
          if (failure !== undefined) throw failure
          connection = controller
        },
        onResponseStart(controller, status, headers) {
          if (status < 200) return
          timer.refresh()
          body = createIncomingBody(controller, host)
          resolve({ status, headers: headers as Record<string, string | string[]>, body })
        },
        onResponseData(_controller, chunk) {
          body?.receive(chunk)
        },
        onResponseEnd() {
          release()
          body?.end()
        },
        onResponseError(_controller, error) {
          fail(toFailure(error, facts))
        },
      },
    )
  })
}
