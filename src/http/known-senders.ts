import type { App } from './app.ts'
import type { Identify } from './identify.ts'

/** What is read of anybody. A route that somebody may call who is not signed in says so by this `bodyLimit`. */
export const STRANGERS_BODY_BYTES = 64 * 1024

/**
 * Larger bodies, and those of unknown length, are read when it is known who sends them: reading one of 10 MB takes a
 * tenth of a second and hundreds of MB, which no stranger should have. The rest of the checks follow in the handlers.
 */
export function refuseLargeBodiesOfStrangers(app: App, identify: Identify): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
    const isSmall = encoding === undefined && Number(length ?? 0) <= STRANGERS_BODY_BYTES
    if (isSmall || request.routeOptions.bodyLimit <= STRANGERS_BODY_BYTES) return done()
    Promise.resolve()
      .then(() => identify.sender(request))
      .then(() => done(), done)
  })
}
