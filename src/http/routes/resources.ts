import { Readable } from 'node:stream'
import { answersPath, namesPath } from '../../instances/answers-path.ts'
import type { CallInstance } from '../../instances/call.ts'
import type { InstanceContext } from '../../instances/context.ts'
import { JsonText, type ResourceReply } from '../../model/exchange.ts'
import type { App, Reply, Request } from '../app.ts'
import {
  CALL_METHODS,
  collidesByItsWord,
  FORMULA_HEADER,
  mayBeFormula,
  meaningOf,
  platformPath,
  resourcePath,
} from '../dispatch.ts'
import { hasElementToken, type Identify } from '../identify.ts'
import { noteCaller } from '../note-usage.ts'
import { BARE, BELOW_HUB, READING, WRITING } from '../openapi/described-resources.ts'
import { single } from '../query.ts'
import type { ReceiveUpload } from '../receive-upload.ts'
import { type MethodsAt, unknownRoute } from '../refuse-methods.ts'
import { JSON_TYPE, sendable } from '../reply-headers.ts'

export type CallResource = (request: Request, reply: Reply) => Promise<Reply>

/** Formulas at addresses of their own (`call-formula-resource.ts`). */
export interface FormulaCalls {
  /** @param instanceId of the header */
  answer(request: Request, instanceId: string): Promise<ResourceReply>
  /** @throws ValenceError PARAMETER_MISSING (400) for a call that lacks only the header */
  refuseWithoutHeader(request: Request): Promise<void>
}

/** The door of hub calls: who asks, for which instance, what the instance answers. */
export function createCallResource({
  identify,
  call,
  receiveUpload,
}: {
  identify: Identify
  call: CallInstance
  receiveUpload: ReceiveUpload
}): CallResource {
  return async (request, reply) => {
    const identified = identify.instanceCaller(request)
    const { caller, instance, depth } = identified instanceof Promise ? await identified : identified
    const facts = noteCaller(request, caller)
    reply.header('elements-element-instance-id', String(instance.id))
    const parts = request.upload === undefined ? undefined : await receiveUpload(request, reply)
    const answer = await call(caller, instance, {
      method: request.method,
      path: resourcePath(request.url),
      query: request.query as Record<string, string | string[]>,
      headers: request.headers,
      body: request.body,
      requestId: request.id,
      facts,
      ...(depth === undefined ? {} : { depth }),
      ...(parts ? { parts } : {}),
    })
    return render(reply, answer)
  }
}

function render(reply: Reply, { status, headers, body }: ResourceReply): Reply {
  reply.code(status).headers(sendable(headers))
  if (body instanceof Readable) return reply.send(body)
  if (body === undefined) return reply.send()
  return reply.type(JSON_TYPE).send(body instanceof JsonText ? body.text : JSON.stringify(body))
}

const WRITES = CALL_METHODS.filter((method) => method !== 'GET')

/**
 * Calls below `/hubs/{hub}/` and every path that no platform route took (spec 00 §1): a resource of the instance, or
 * an error that says what is known of the path.
 */
export function resourceRoutes(
  app: App,
  deps: {
    callResource: CallResource
    formulaCalls: FormulaCalls
    methodsAt: MethodsAt
    identify: Identify
    context: Pick<InstanceContext, 'mappings'>
  },
): void {
  for (const [methods, schema] of [
    [['GET'], READING],
    [WRITES, WRITING],
  ] as const) {
    const options = { method: [...methods], config: { isVendorBody: true, operation: 'resources.call' as const } }
    app.route({ ...options, url: '/hubs/:hub/*', schema: { ...schema, params: BELOW_HUB }, handler: belowHub })
    app.route({ ...options, url: '/*', schema: { ...schema, params: BARE }, handler: anyPath })
  }

  async function anyPath(request: Request, reply: Reply): Promise<Reply> {
    const [path, hasToken] = [platformPath(request.url), hasElementToken(request)]
    const named = single(request.headers[FORMULA_HEADER.toLowerCase()])
    if (named !== undefined && mayBeFormula(path) && !(hasToken && (await isOfElement(request))))
      return render(reply, await deps.formulaCalls.answer(request, named))
    if (meaningOf(path, hasToken) === 'unknown') throw unknownRoute(request.method, request.url, deps.methodsAt)
    if (!hasToken) await deps.formulaCalls.refuseWithoutHeader(request)
    return belowHub(request, reply)
  }

  /** A resource of the token's element goes before a formula (spec 00 §1, rule 3). */
  async function isOfElement(request: Request): Promise<boolean> {
    const { instance } = await deps.identify.instanceCaller(request)
    return answersPath(deps.context, instance, request.method, resourcePath(request.url))
  }

  async function belowHub(request: Request, reply: Reply): Promise<Reply> {
    if (collidesByItsWord(request.url)) await refuseOtherMethod(request)
    return deps.callResource(request, reply)
  }

  /** A path of ours, with a method that it has not, unless the element of the token has it all the same. */
  async function refuseOtherMethod(request: Request): Promise<void> {
    const { method, url } = request
    if (deps.methodsAt(url.split(/[?#]/, 1)[0] ?? '').includes(method)) return
    const isOfElement =
      hasElementToken(request) &&
      namesPath((await deps.identify.instanceCaller(request)).instance, method, resourcePath(url))
    if (!isOfElement) throw unknownRoute(method, url, deps.methodsAt)
  }
}
