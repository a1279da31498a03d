import type { Frame } from './frame.ts'
import type { Api, JsonSchema } from './swagger.ts'
import { SECURITY_SCHEMES, serversOf, toOpenApi } from './to-openapi.ts'

const SIGNED = JSON.stringify(SECURITY_SCHEMES)

/** Dialects of documents. */
export type Format = 'swagger' | 'openapi31'

/** A document as text, cut where its address goes: the rest is the same for everybody, so it is written once. */
export interface DocumentText {
  format: Format
  /** from behind the address to the end */
  rest: Buffer
}

/**
 * Written piece by piece, because a large document at once would hold everybody up.
 * @returns what `complete` puts the address of a document before
 */
export function* writeDocument(api: Api, format: Format): Generator<void, DocumentText> {
  const pieces: Buffer[] = []
  const write = (text: string) => void pieces.push(Buffer.from(text))
  const { repairs: _ours, brings: _too, ...swagger } = api
  const content = format === 'swagger' ? swagger : yield* toOpenApi(api)
  write(`"info":${JSON.stringify(content.info)},"tags":${JSON.stringify(content.tags)},"paths":{`)
  yield* entries(write, Object.entries(content.paths as Readonly<Record<string, JsonSchema>>))
  const [open, schemas, close] =
    'components' in content
      ? ([`},"components":{"securitySchemes":${SIGNED},"schemas":{`, content.components.schemas, '}}}'] as const)
      : (['},"definitions":{', content.definitions, '}}'] as const)
  write(open)
  yield* entries(write, Object.entries(schemas))
  write(close)
  yield
  return { format, rest: Buffer.concat(pieces) }
}

/** The whole document. */
export function complete({ format, rest }: DocumentText, frame: Frame): Buffer {
  const { host, basePath, schemes } = frame
  const head =
    format === 'swagger' ? { swagger: '2.0', host, basePath, schemes } : { openapi: '3.1.0', servers: serversOf(frame) }
  return Buffer.concat([Buffer.from(`${JSON.stringify(head).slice(0, -1)},`), rest])
}

function* entries(write: (text: string) => void, list: readonly (readonly [string, JsonSchema])[]): Generator<void> {
  let comma = ''
  for (const [name, value] of list) {
    write(`${comma}${JSON.stringify(name)}:${JSON.stringify(value)}`)
    comma = ','
    yield
  }
}
