/**
 * The documents of this folder, as far as we write them: OpenAPI 2 ("Swagger"). Start reading at `element-api.ts`;
 * `documents.ts` keeps what was made.
 */
export const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options'] as const
export type Method = (typeof METHODS)[number]

/** A clean schema object: `clean-schema.ts` lets nothing else through. */
export type JsonSchema = Readonly<Record<string, unknown>>

export interface SwaggerParameter {
  name: string
  in: 'header' | 'query' | 'path' | 'formData' | 'body'
  required?: boolean
  /** not of a `body`, which has `schema` */
  type?: string
  format?: string
  schema?: JsonSchema
  description?: string
  items?: JsonSchema
  collectionFormat?: string
  enum?: readonly unknown[]
  default?: unknown
  [extension: `x-${string}`]: unknown
}

export interface SwaggerResponse {
  description: string
  schema?: JsonSchema
}

export interface SwaggerOperation {
  operationId: string
  summary?: string
  description?: string
  tags: readonly string[]
  parameters: readonly SwaggerParameter[]
  responses: Readonly<Record<string, SwaggerResponse>>
  consumes?: readonly string[]
  produces?: readonly string[]
  [extension: `x-${string}`]: unknown
}

export type PathItem = Readonly<Partial<Record<Method, SwaggerOperation>>>

/** A document without its address: host, schemes and base path are the asker's business (`frame.ts`). */
export interface Api {
  info: JsonSchema
  tags: readonly { name: string; description?: string }[]
  paths: Readonly<Record<string, PathItem>>
  definitions: Readonly<Record<string, JsonSchema>>
  /** what had to be mended so that the document is valid, in words; normal liberties of the format are not among it */
  repairs: readonly string[]
  /** names of definitions that the models of an operation bring along, by `get /contacts`; no part of the document */
  brings?: ReadonlyMap<string, readonly string[]>
}

/** @returns each operation with its place, in the order of the document */
export function* operationsOf({ paths }: Pick<Api, 'paths'>): Generator<{
  path: string
  method: Method
  operation: SwaggerOperation
}> {
  for (const [path, item] of Object.entries(paths))
    for (const method of METHODS) {
      const operation = item[method]
      if (operation) yield { path, method, operation }
    }
}
