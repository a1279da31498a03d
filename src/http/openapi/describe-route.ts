import Type, { type Static, type TProperties, type TSchema } from 'typebox'
import type { Query } from '../query.ts'

/**
 * What a route says of itself in its `schema`, for readers of `GET /openapi.json`. Who may call it, its subject and its
 * errors are not among it: they follow from its operation.
 *
 * | Member | |
 * |---|---|
 * | `summary`, `description` | one line; more of it, in Markdown |
 * | `params`, `body` | checked as written; `openBody` and `uncheckedBody` say more than is checked |
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

/**
 * Parameters of a query by name. Unknown and empty ones are ignored (spec 00 §9), so none is checked here.
 * @param required names of those that the room asks for
 */
export function query(parameters: TProperties, required: readonly string[] = []) {
  const said = Type.Partial(Type.Object(parameters))
  return Type.Unsafe<Query>(required.length > 0 ? { ...said, required } : said)
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
export const NOTHING = nothing('Done; the body is empty')

/** An answer without a body. */
export function nothing(description: string) {
  return Type.Unsafe<void>({ type: 'null', description })
}

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

/** A JSON object of which the door checks no more than that: the room reads the members and explains what is wrong with them. */
export function openBody(said: TSchema) {
  return saying(Type.Record(Type.String(), Type.Unknown()), { required: true, content: { 'application/json': said } })
}

/** A body of which the door checks nothing. */
export function uncheckedBody(content: SaidBody['content'], { required = true }: { required?: boolean } = {}) {
  return unchecked(saying(Type.Unknown(), { required, content }))
}

/** Symbols, so that the validator never sees them. */
const SAID = Symbol('what the document says of a body')
const UNCHECKED = Symbol('the validator does not get it')
type Marked = { [SAID]?: SaidBody; [UNCHECKED]?: true }

/** Checks a body by one schema and describes it by another. */
export function saying<T extends TSchema>(checked: T, said: SaidBody): T {
  return Object.assign(checked, { [SAID]: said })
}

/** @returns what is said of the body; of one that is checked as written, its schema */
export function saidOfBody(body: TSchema): SaidBody {
  return (body as Marked)[SAID] ?? { required: true, content: { 'application/json': body } }
}

/** A body or parameters of a path for readers only. */
export function unchecked<T extends TSchema>(schema: T): T {
  return Object.assign(schema, { [UNCHECKED]: true })
}

export function isChecked(schema: unknown): boolean {
  return schema !== undefined && (schema as Marked)[UNCHECKED] !== true
}
