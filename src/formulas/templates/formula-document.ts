import { operationId } from '../../elements/documents/operation-id.ts'
import { responsesWith } from '../../elements/documents/responses.ts'
import type { Api, JsonSchema, Method, SwaggerParameter } from '../../elements/documents/swagger.ts'
import { ValenceError } from '../../errors.ts'
import type { Caller } from '../../model/account.ts'
import type { FormulaContext } from '../context.ts'
import type { FormulaRow } from '../formula-table.ts'
import { findFormula } from './find-formula.ts'

/**
 * `GET /formulas/{id}/docs` (spec 30 §1.1): the one operation that a formula is as a resource.
 * @throws ValenceError FORMULA_NOT_FOUND; NOT_FOUND for one that is none
 */
export async function documentFormula(context: FormulaContext, caller: Caller, id: number): Promise<Api> {
  context.authorize(caller, 'formulas.read')
  return formulaApi(await findFormula(context, caller, id))
}

/** @throws ValenceError NOT_FOUND */
function formulaApi({ id, name, description, method, uri }: FormulaRow): Api {
  if (method === null || uri === null) {
    throw new ValenceError('NOT_FOUND', `Formula ${id} is no resource: it has no method and uri to be called by`)
  }
  const verb = method.toLowerCase() as Method
  const said = description ?? `Runs the formula "${name}" and answers what its last step came to`
  return {
    info: { title: name, version: String(id), ...(description === null ? {} : { description }) },
    tags: [{ name }],
    paths: {
      [uri]: {
        [verb]: {
          operationId: operationId(verb, uri),
          summary: said.slice(0, 120),
          description: said,
          tags: [name],
          parameters: [...HEADERS, ...placesOf(uri), ...(verb === 'get' || verb === 'delete' ? [] : [BODY])],
          responses: { ...responsesWith(ANYTHING), 408: { description: 'The formula took too long; it goes on' } },
          consumes: ['application/json'],
          produces: ['application/json'],
        },
      },
    },
    definitions: {},
    repairs: [],
  }
}

const ANYTHING: JsonSchema = { description: 'Whatever the last step of the formula came to' }

const HEADERS: readonly SwaggerParameter[] = [
  { name: 'Authorization', in: 'header', required: true, type: 'string', description: '`User …, Organization …`' },
  {
    name: 'Elements-Formula-Instance-Id',
    in: 'header',
    required: true,
    type: 'string',
    description: 'Id of the instance of the formula that runs',
  },
]

const BODY: SwaggerParameter = {
  name: 'body',
  in: 'body',
  required: false,
  description: 'Its members are `trigger.args` of the formula',
  schema: { type: 'object' },
}

function placesOf(uri: string): SwaggerParameter[] {
  const names = new Set([...uri.matchAll(/\{([^/{}]+)\}/g)].map(([, place = '']) => place))
  return [...names].map((name) => ({ name, in: 'path', required: true, type: 'string' }))
}
