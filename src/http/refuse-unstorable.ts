import type { FastifyInstance } from 'fastify'
import { ValenceError } from '../errors.ts'
import { isVendorBody } from './vendor-body.ts'

/**
 * JSON can carry text that PostgreSQL cannot store, or stores as another: NUL, and half of a surrogate pair. No name, tag or key needs them:
 * platform calls that bring one are refused here instead of failing in the store. Bodies of resource calls are the vendor's business.
 */
export function refuseUnstorable(app: FastifyInstance): void {
  app.addHook('preValidation', (request, _reply, done) => {
    if (isVendorBody(request)) return done()
    // an address is decoded from UTF-8, which has no surrogates
    const what = request.url.includes('%00') ? `The address holds ${NUL}` : unstorableIn(request.body)
    if (what === undefined) done()
    else done(new ValenceError('PARAMETER_INVALID', `${what}, which cannot be stored`))
  })
}

const NUL = 'a NUL character (U+0000)'

function unstorableIn(body: unknown): string | undefined {
  const text = findText(body, (one) => one.includes('\0') || !one.isWellFormed())
  if (text === undefined) return undefined
  return `The request body holds ${text.includes('\0') ? NUL : 'half of a surrogate pair'}`
}

/** The first text or name in it that is such. */
function findText(value: unknown, isSuch: (text: string) => boolean): string | undefined {
  if (typeof value === 'string') return isSuch(value) ? value : undefined
  if (typeof value !== 'object' || value === null) return undefined
  for (const [name, member] of Object.entries(value)) {
    const found = isSuch(name) ? name : findText(member, isSuch)
    if (found !== undefined) return found
  }
  return undefined
}
