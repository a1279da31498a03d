import type { TSchema } from 'typebox'
import { OPERATIONS, type Operation, type Rule } from '../../accounts/operations.ts'
import type { DeclaredRoute } from '../collect-routes.ts'
import type { Components, JsonSchema } from './components.ts'
import { saidOfBody } from './describe-route.ts'
import { operationId } from './operation-id.ts'
import { failuresOf, headersOf } from './replies.ts'
import { securityOf } from './security.ts'
import { tagOf } from './subjects.ts'

/** A route of the API, with its path as the document writes it: `/instances/{id}`. */
export type ApiRoute = DeclaredRoute & { operation: Operation; path: string }

interface ObjectSchema {
  properties?: Readonly<Record<string, JsonSchema>>
  required?: readonly string[]
}

/** The operation object of a route. */
export function toOperation({ method, path, operation, schema }: ApiRoute, components: Components): JsonSchema {
  const rule: Rule = OPERATIONS[operation]
  const { summary, description, ofInstance = false, body } = schema
  const { properties: query = {}, required = [] } = (schema.querystring ?? {}) as ObjectSchema
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  const described = (schema.params as ObjectSchema | undefined)?.properties ?? {}
  const parameters = [
    ...inPath.map((name) => toParameter({ name, in: 'path', required: true }, described[name] ?? {}, components)),
    ...Object.entries(query).map(([name, one]) =>
      toParameter({ name, in: 'query', ...(required.includes(name) ? { required: true } : {}) }, one, components),
    ),
  ]
  const isPaged = 'nextPage' in query
  return {
    operationId: operationId(method, path),
    tags: [tagOf(operation)],
    ...(summary === undefined ? {} : { summary }),
    ...(description === undefined ? {} : { description }),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body === undefined ? {} : { requestBody: toRequestBody(body as TSchema, components) }),
    responses: {
      ...toResponses(schema.response, isPaged, components),
      ...failuresOf(rule, { path: inPath.length > 0, rest: body !== undefined || Object.keys(query).length > 0 }),
    },
    security: securityOf(rule, ofInstance),
    'x-valence-operation': operation,
    ...alternatives('x-valence-roles', rule.role),
    ...alternatives('x-valence-privileges', rule.privilege),
  }
}

function toParameter(about: JsonSchema, { description, ...schema }: JsonSchema, components: Components): JsonSchema {
  return {
    ...about,
    ...(description === undefined ? {} : { description }),
    schema: components.refer(schema),
  }
}

function toRequestBody(body: TSchema, components: Components): JsonSchema {
  const { required, content } = saidOfBody(body)
  return { required, content: toContent(content, components) }
}

function toContent(content: Readonly<Record<string, unknown>>, components: Components): JsonSchema {
  return Object.fromEntries(
    Object.entries(content).map(([type, schema]) => [type, { schema: components.refer(schema) }]),
  )
}

function toResponses(response: unknown, isPaged: boolean, components: Components): JsonSchema {
  return Object.fromEntries(
    Object.entries(response ?? { 200: { type: 'null' } }).map(([status, said]) => {
      const { description, type, content } = said as JsonSchema
      const types = content as Record<string, { schema: unknown }> | undefined
      const shown = types
        ? Object.fromEntries(Object.entries(types).map(([name, { schema }]) => [name, schema]))
        : { 'application/json': said }
      return [
        status,
        {
          description: description ?? 'Done',
          headers: headersOf({ isPaged }),
          ...(type === 'null' ? {} : { content: toContent(shown, components) }),
        },
      ]
    }),
  )
}

/** One of them is enough. */
function alternatives(name: string, needed: string | readonly string[] | undefined): JsonSchema {
  return needed === undefined ? {} : { [name]: [needed].flat() }
}
