import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { type FastifyBaseLogger, fastify, LogController } from 'fastify'
import type { Registry } from 'prom-client'
import type { App } from './app.ts'
import { systemRoutes } from './routes/system.ts'

/** What a process that only works at jobs shows: whether it is well, and its metrics. */
export function createOperationsServer({
  log,
  ...deps
}: {
  log: FastifyBaseLogger
  metrics: Registry
  isReady(): Promise<string | undefined>
}): App {
  const app = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    forceCloseConnections: 'idle',
  }).withTypeProvider<TypeBoxTypeProvider>()
  systemRoutes(app, deps)
  return app
}
