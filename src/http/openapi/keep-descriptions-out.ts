import type { FastifyInstance } from 'fastify'
import { isChecked } from './describe-route.ts'

/**
 * What routes say of their queries and answers is for readers. Fastify would reject queries by it, and drop members of answers
 * that it does not name. Register after `collectRoutes`, which keeps the whole.
 */
export function keepDescriptionsOut(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    if (!route.schema) return
    const { params, body } = route.schema
    const checked = { ...(isChecked(params) ? { params } : {}), ...(isChecked(body) ? { body } : {}) }
    if (Object.keys(checked).length > 0) route.schema = checked
    else delete route.schema
  })
}
