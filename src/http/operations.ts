import type { FastifyInstance, RouteOptions } from 'fastify'
import type { Authorize } from '../accounts/authorize.ts'
import { OPERATIONS, type Operation, type Rule, type Tenant } from '../accounts/operations.ts'
import { credentialsInvalid, ValenceError } from '../errors.ts'
import { answersPath, namesPath } from '../instances/answers-path.ts'
import { assertEnabled } from '../instances/assert-enabled.ts'
import { noteInstance } from '../instances/call.ts'
import type { InstanceContext } from '../instances/context.ts'
import type { Instance } from '../instances/instance.ts'
import type { Caller, RequestFacts } from '../model/account.ts'
import type { Reply, Request } from './app.ts'
import { addressOf } from './caller-address.ts'
import { collidesWithResources, resourcePath } from './dispatch.ts'
import { hasElementToken, type Identify } from './identify.ts'
import { noteCaller } from './note-usage.ts'
import type { CallResource } from './routes/resources.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** what a route below the API prefix does, as `accounts/operations.ts` names it */
    operation?: Operation
  }
  interface FastifyRequest {
    /** whoever asks for a platform operation; resource calls identify themselves */
    caller: Caller | undefined
    /** of the Element token, where the operation is for users of an instance */
    instance: Instance | undefined
    /** the path of a platform route, but meant for the instance of the Element token (spec 00 §1, rule 3) */
    isResourceCall: boolean
  }
}

interface Deps {
  identify: Identify
  authorize: Authorize
  callResource: CallResource
  context: Pick<InstanceContext, 'mappings'>
}

/**
 * The door of platform operations. Before a body is read it is known what the path means, who asks, and whether he may at all: a missing
 * role or privilege is 403 whether or not the entity exists (spec 50 §7). Whose row it is, the room asks again.
 */
export function guardOperations(app: FastifyInstance, { identify, authorize, callResource, context }: Deps): void {
  app.decorateRequest('caller', undefined)
  app.decorateRequest('instance', undefined)
  app.decorateRequest('isResourceCall', false)
  app.addHook('onRoute', (route) => {
    if (route.config?.operation === undefined) throw new Error(`${route.method} ${route.url} names no operation`)
    if (collidesWithResources(route.url)) answerAsResource(route, callResource)
  })
  app.addHook('onRequest', (request, _reply, done) => {
    const { operation } = request.routeOptions.config
    // the hot path: the handler of resource calls identifies caller and instance together
    if (operation === undefined || operation === 'resources.call') return done()
    enter(request, operation).then(() => done(), done)
  })

  async function enter(request: Request, operation: Operation): Promise<void> {
    const { tenant }: Rule = OPERATIONS[operation]
    if (tenant === 'instance') return enterInstance(request, operation)
    if (collidesWithResources(request.routeOptions.url ?? '') && hasElementToken(request)) {
      const { instance } = await identify.instanceCaller(request)
      request.isResourceCall = await answersPath(context, instance, request.method, resourcePath(request.url))
      if (request.isResourceCall) return
    }
    if (tenant === 'public') return
    const caller = await callerFor(tenant, request)
    // also of who may not: the usage log and the audit log tell of it
    request.caller = caller && { ...caller, via: factsOf(request) }
    authorize(caller, operation)
  }

  /** As a resource call, but that it is the hub's own. */
  async function enterInstance(request: Request, operation: Operation): Promise<void> {
    const { caller, instance, isScript } = await identify.instanceCaller(request)
    request.isResourceCall = namesPath(instance, request.method, resourcePath(request.url))
    if (request.isResourceCall) return
    noteInstance(noteCaller(request, caller), instance)
    request.instance = instance
    request.caller = { ...caller, via: factsOf(request) }
    authorize(caller, operation, instance)
    if (isScript && operation === 'bulk.start') throw beyondScripts(operation)
    assertEnabled(instance)
  }

  function callerFor(tenant: Tenant, request: Request): Caller | undefined | Promise<Caller> {
    if (tenant === 'catalog') return identify.optionalCaller(request)
    return tenant === 'enrolling' ? identify.enrollingCaller(request) : identify.caller(request)
  }
}

/**
 * A script may call the one instance, for as long as its own call lasts. A job goes on after that, runs the same scripts for its records, and
 * its callback is made with all rights of its owner.
 */
function beyondScripts(operation: Operation): ValenceError {
  return new ValenceError('FORBIDDEN', `${operation} is not for scripts of common resources`)
}

/** @throws ValenceError CREDENTIALS_INVALID where the operation admits nobody unknown and nobody asks */
export function callerOf(request: Request): Caller {
  if (!request.caller) throw credentialsInvalid()
  return request.caller
}

/** Whose Element token it is, of an operation for users of an instance. */
export function instanceOf({ instance }: Request): Instance {
  if (!instance) throw credentialsInvalid()
  return instance
}

/** Of this request, for the audit log. */
export function factsOf(request: Request): RequestFacts {
  const uri = request.url.split('?', 1)[0] ?? ''
  return { requestId: request.id, method: request.method, uri, ip: addressOf(request), changes: 0 }
}

/** What the route's own schema says of bodies and parameters does not hold for the vendor's. */
function answerAsResource(route: RouteOptions, callResource: CallResource): void {
  const platform = route.handler
  route.attachValidation = true
  route.handler = function handle(this: FastifyInstance, request: Request, reply: Reply) {
    if (request.isResourceCall) return callResource(request, reply)
    if (request.validationError) throw request.validationError
    return platform.call(this, request, reply)
  }
}
