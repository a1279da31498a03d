import type { FastifyInstance } from 'fastify'
import { ValenceError } from '../errors.ts'
import { isVendorBody } from './vendor-body.ts'

/**
 * PostgreSQL stores no NUL character, and no name, tag or key needs one: platform calls that bring one are refused here
 * instead of failing in the store. Bodies of resource calls are the vendor's business.
 */
export function refuseNul(app: FastifyInstance): void {
  app.addHook('preValidation', (request, _reply, done) => {
    if (isVendorBody(request)) return done()
    const place = request.url.includes('%00') ? 'The address' : holdsNul(request.body) ? 'The request body' : undefined
    if (place === undefined) done()
    else done(new ValenceError('PARAMETER_INVALID', `${place} holds a NUL character (U+0000), which cannot be stored`))
  })
}

function holdsNul(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0')
  if (Array.isArray(value)) return value.some(holdsNul)
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([name, member]) => name.includes('\0') || holdsNul(member))
}
