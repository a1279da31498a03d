import type { FastifyInstance, FastifySchema } from 'fastify'
import type { Operation } from '../accounts/operations.ts'

/** One method of one path, as it was registered. */
export interface DeclaredRoute {
  method: string
  /** whole, with the API prefix: `/elements/api-v2/instances/:id` */
  url: string
  /** absent outside the API: `/healthz` and its like */
  operation?: Operation
  schema: FastifySchema
}

declare module 'fastify' {
  interface FastifyInstance {
    /** complete once the server is ready, in the order of registration */
    declaredRoutes: readonly DeclaredRoute[]
  }
}

/** Remembers every route that is registered from now on, as `app.declaredRoutes`. */
export function collectRoutes(app: FastifyInstance): readonly DeclaredRoute[] {
  const routes: DeclaredRoute[] = []
  app.decorate('declaredRoutes', routes)
  app.addHook('onRoute', ({ method, url, config, schema = {} }) => {
    const operation = config?.operation
    for (const one of [method].flat())
      routes.push({ method: one, url, schema, ...(operation === undefined ? {} : { operation }) })
  })
  return routes
}
