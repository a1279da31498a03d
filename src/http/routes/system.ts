import type { Registry } from 'prom-client'
import type { App } from '../app.ts'

/** What operators and load balancers ask; no credentials, no tenant's data. */
export function systemRoutes(app: App, deps: { metrics: Registry; isReady(): Promise<string | undefined> }): void {
  app.get('/healthz', () => ({ status: 'ok' }))
  app.get('/health', () => ({ status: 'ok' }))
  app.get('/readyz', async (_request, reply) => {
    const reason = await deps.isReady()
    return reply
      .code(reason === undefined ? 200 : 503)
      .send({ status: reason === undefined ? 'ready' : 'not ready', reason })
  })
  app.get('/metrics', async (_request, reply) =>
    reply.type(deps.metrics.contentType).send(await deps.metrics.metrics()),
  )
}
