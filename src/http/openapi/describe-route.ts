import Type, { type Static, type TProperties, type TSchema } from 'typebox'
import type { Query } from '../query.ts'

/**
 * What a route says of itself in its `schema`, for readers of `GET /openapi.json`. Who may call it, its subject and its
 * errors are not among it: they follow from its operation.
 *
 * | Member | |
 * |---|---|
 * | `summary`, `description` | one line; more of it, in Markdown |
 * | `params`, `body` | checked as written; `openBody` and `optionalBody` say more than is checked |
 * | `querystring` | `query({…})`: described, never checked |
 * | `response` | by status; the handler's type is compared with it, the answer is not touched |
 * | `ofInstance` | it is about the instance of the Element token |
 *
 * A schema with a `title` becomes a component of that name, so it is written once.
 */
declare module 'fastify' {
  interface FastifySchema {
    summary?: string
    description?: string
    ofInstance?: boolean
  }
}

/** Parameters of a query by name, all of them optional. Unknown and empty ones are ignored (spec 00 §9), so none is checked. */
export function query(parameters: TProperties) {
  return Type.Unsafe<Query>(Type.Partial(Type.Object(parameters)))
}

/** A switch in a query. */
export function flag(description: string) {
  return Type.Boolean({ description })
}

/** `tags[]=a&tags[]=b`; a comma list is taken as well. */
export function texts(description: string) {
  return Type.Array(Type.String(), { description: `${description}. Repeated, or one comma list` })
}

/** The answer of a list. */
export function arrayOf<T extends TSchema>(item: T) {
  return Type.Unsafe<readonly Static<T>[]>(Type.Array(item))
}

/** The answer of deletions and switches: 200 with an empty body (spec 00 §4). */
export const NOTHING = Type.Unsafe<void>({ type: 'null', description: 'Done; the body is empty' })

/** An answer that is no JSON. */
export function content(type: string, schema: TSchema = Type.String()) {
  return { content: { [type]: { schema } } }
}

/** What the document shows in place of a body's schema. */
export interface SaidBody {
  required: boolean
  /** by media type */
  content: Readonly<Record<string, TSchema>>
}

const SAID = Symbol('what the document says of a body')

/** A JSON object of which the door checks no more than that: the room reads the members and explains what is wrong with them. */
export function openBody(said: TSchema) {
  return saying(Type.Record(Type.String(), Type.Unknown()), { required: true, content: { 'application/json': said } })
}

/** A body of which the door checks nothing. */
export function uncheckedBody(content: SaidBody['content'], { required = true }: { required?: boolean } = {}) {
  return saying(Type.Unknown(), { required, content })
}

/** @returns what is said of the body; of one that is checked as written, its schema */
export function saidOfBody(body: TSchema): SaidBody {
  return (body as { [SAID]?: SaidBody })[SAID] ?? { required: true, content: { 'application/json': body } }
}

/** A symbol, so that the validator never sees it. */
export function saying<T extends TSchema>(checked: T, said: SaidBody): T {
  return Object.assign(checked, { [SAID]: said })
}
