import type { FastifyInstance } from 'fastify'
import { ValenceError } from '../errors.ts'
import { isTooDeep, MAX_JSON_DEPTH } from '../model/json-depth.ts'

/**
 * Bodies are JSON when Content-Type says so or is absent (spec 00 §3). An empty body and the literal `null`, which
 * clients send with DELETE, are no body (spec 01 §1).
 */
export function acceptJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  const parser = { parseAs: 'string' as const }
  const isJson = /^application\/(?:[\w.+-]+\+)?json(?:\s*;|$)/i
  app.addContentTypeParser(isJson, parser, async (_request: unknown, text: string | Buffer) => parseJson(String(text)))
  app.addContentTypeParser(
    '*',
    parser,
    async (request: { headers: { 'content-type'?: string } }, text: string | Buffer) => {
      const type = request.headers['content-type']
      if (type === undefined || type.trim() === '' || String(text).trim() === '') return parseJson(String(text))
      throw new ValenceError('MEDIA_TYPE_UNSUPPORTED', `Content-Type "${type}": expected application/json`)
    },
  )
}

function parseJson(text: string): unknown {
  if (text.trim() === '') return undefined
  if (isTooDeep(text))
    throw new ValenceError('BODY_INVALID', `The request body nests deeper than ${MAX_JSON_DEPTH} levels`)
  try {
    return JSON.parse(text) ?? undefined
  } catch (error) {
    throw new ValenceError('BODY_INVALID', `The request body is not valid JSON: ${(error as Error).message}`, {
      cause: error,
    })
  }
}
