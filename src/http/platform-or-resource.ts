import type { Reply, Request } from './app.ts'
import { resourcePath } from './dispatch.ts'
import { hasElementToken, type Identify } from './identify.ts'
import type { CallResource } from './routes/resources.ts'

type Handler = (request: Request, reply: Reply) => unknown

/**
 * A platform route whose path an element may use as well: with an Element token whose element has the resource it is a
 * resource call (spec 00 §1, rule 3).
 */
export function platformOrResource(
  { identify, callResource }: { identify: Identify; callResource: CallResource },
  platform: Handler,
): Handler {
  return async (request, reply) => {
    if (!hasElementToken(request)) return platform(request, reply)
    const { instance } = await identify.instanceCaller(request)
    const isResource = instance.plan.resources.find(request.method, resourcePath(request.url)) !== undefined
    return isResource ? callResource(request, reply) : platform(request, reply)
  }
}
