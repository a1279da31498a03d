import { ValenceError } from '../errors.ts'
import type { FormulaContext } from '../formulas/context.ts'
import { toReply } from '../formulas/triggers/answer-calls.ts'
import { callFormula, isFormulaAddress } from '../formulas/triggers/call-formula.ts'
import { CHAIN_HEADER, readChain } from '../formulas/triggers/chain.ts'
import { readPrefer } from '../formulas/triggers/prefer.ts'
import { isRowId } from '../model/row-id.ts'
import { callDepth } from './call-depth.ts'
import { FORMULA_HEADER, platformPath } from './dispatch.ts'
import type { Identify } from './identify.ts'
import { factsOf } from './operations.ts'
import { idOf } from './query.ts'
import type { FormulaCalls } from './routes/resources.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** no resource of an element: a formula is called at its own address (spec 30 §5) */
    isFormulaCall: boolean
  }
}

/** Calls of formulas at addresses of their own: who asks, which instance is meant, what it answers. */
export function createFormulaCalls({
  identify,
  formulas,
}: {
  identify: Identify
  formulas: FormulaContext
}): FormulaCalls {
  return {
    async answer(request, instanceId) {
      const caller = await identify.caller(request)
      request.caller = { ...caller, via: factsOf(request) }
      request.isFormulaCall = true
      formulas.authorize(caller, 'formulaResources.call')
      if (request.upload !== undefined)
        throw new ValenceError(
          'MEDIA_TYPE_UNSUPPORTED',
          `Content-Type "${request.headers['content-type']}": formulas take JSON, forms and text`,
        )
      const { method, headers, body } = request
      const query = request.query as Record<string, string | string[]>
      return toReply(
        await callFormula(formulas, request.caller, namedInstance(instanceId), {
          request: { method, path: platformPath(request.url), query, headers, body },
          prefer: readPrefer(headers['prefer']),
          chain: readChain(headers[CHAIN_HEADER]),
          depth: callDepth(request),
        }),
      )
    },
    async refuseWithoutHeader(request) {
      const path = platformPath(request.url)
      const caller = await identify.caller(request)
      if (!(await isFormulaAddress(formulas, caller, { method: request.method, path }))) return
      request.caller = { ...caller, via: factsOf(request) }
      throw new ValenceError(
        'PARAMETER_MISSING',
        `${request.method} ${path} is a formula: the header ${FORMULA_HEADER} says which of its instances is to run`,
      )
    },
  }
}

function namedInstance(header: string): number {
  const id = idOf(header.trim())
  if (isRowId(id)) return id
  throw new ValenceError(
    'FORMULA_INSTANCE_NOT_FOUND',
    `${FORMULA_HEADER}: expected the id of a formula instance, got "${header.slice(0, 40)}"`,
  )
}
