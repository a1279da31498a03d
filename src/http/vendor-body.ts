import type { FastifyRequest } from 'fastify'

/** Bodies of this request are the vendor's, not ours. */
export function isVendorBody(request: FastifyRequest): boolean {
  return request.isResourceCall === true || request.routeOptions.config.isVendorBody === true
}
