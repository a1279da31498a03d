import { Readable } from 'node:stream'
import { typeOf } from '../../engine/resource-types.ts'
import { ValenceError } from '../../errors.ts'
import type { CallInstance } from '../../instances/call.ts'
import type { Instance } from '../../instances/instance.ts'
import type { ResourceCall, ResourceReply } from '../../model/exchange.ts'
import type { FormulaContext } from '../context.ts'
import { CHAIN_HEADER, readChain } from './chain.ts'
import { callElementResource } from './element-resource.ts'
import { readPrefer } from './prefer.ts'
import type { FormulaAnswer } from './resource-answer.ts'

/**
 * Calls of element instances, where resources may be formulas (spec 30 §5.5). The engine refuses them as it refuses what it cannot run, so that all
 * other calls cost nothing more.
 *
 * @param depthOf how many calls of the hub wait for this one
 */
export function answerWithFormulas(
  context: FormulaContext,
  depthOf: (call: ResourceCall) => number,
  call: CallInstance,
): CallInstance {
  return async (caller, instance, asked) => {
    try {
      return await call(caller, instance, asked)
    } catch (error) {
      const resource = isNotExecutable(error) ? formulaAt(instance, asked) : undefined
      if (!resource) throw error
      const answer = await callElementResource(context, instance, resource, {
        request: asked,
        prefer: readPrefer(asked.headers['prefer']),
        chain: readChain(asked.headers[CHAIN_HEADER]),
        depth: depthOf(asked),
      })
      return toReply(answer)
    }
  }
}

function isNotExecutable(error: unknown): boolean {
  return error instanceof ValenceError && error.code === 'RESOURCE_NOT_EXECUTABLE'
}

function formulaAt({ plan }: Instance, { method, path }: ResourceCall) {
  const resource = plan.resources.find(method, path)?.value.resource
  return resource && typeOf(resource) === 'formulaAsResource' ? resource : undefined
}

/** A text goes out as it is, not as JSON. */
export function toReply({ status, headers = {}, body }: FormulaAnswer): ResourceReply {
  if (status === 204 || status === 205 || status === 304) return { status, headers, body: undefined }
  if (typeof body !== 'string') return { status, headers, body }
  const bytes = Buffer.from(body)
  return {
    status,
    headers: { ...headers, 'content-type': 'text/plain; charset=utf-8', 'content-length': String(bytes.length) },
    body: Readable.from([bytes]),
  }
}
