import type { Schema } from '../../../model/element.ts'
import { inferSchema } from '../infer-schema.ts'
import { isObject, type JsonObject, listOf, memberOf, numberOf, textOf } from '../json-value.ts'
import type { OperationAnswer, OperationBody } from '../vendor-api.ts'
import { descriptionOf } from './request-url.ts'

type Reader = (body: JsonObject, contentType: string | undefined) => OperationBody | undefined

const READERS: Readonly<Record<string, Reader>> = {
  raw: rawBody,
  urlencoded: (body) => ({
    kind: 'form',
    contentType: 'application/x-www-form-urlencoded',
    required: true,
    schema: fieldsOf(body['urlencoded']),
  }),
  formdata: (body) => ({
    kind: 'multipart',
    contentType: 'multipart/form-data',
    required: true,
    schema: fieldsOf(body['formdata']),
  }),
  file: (_body, contentType) => ({
    kind: 'raw',
    contentType: contentType ?? 'application/octet-stream',
    required: true,
  }),
  graphql: () => ({
    kind: 'json',
    contentType: 'application/json',
    required: true,
    schema: {
      type: 'object',
      properties: { query: { type: 'string' }, variables: { type: 'object' } },
      required: ['query'],
    },
  }),
}

export function requestBodyOf(body: unknown, contentType: string | undefined): OperationBody | undefined {
  const mode = isObject(body) && body['disabled'] !== true ? textOf(body['mode']) : undefined
  const read = mode !== undefined && Object.hasOwn(READERS, mode) ? READERS[mode] : undefined
  const found = read?.(body as JsonObject, contentType)
  // a form that was never filled in
  const isEmpty =
    ['form', 'multipart'].includes(found?.kind ?? '') && Object.keys(found?.schema?.properties ?? {}).length === 0
  return isEmpty ? undefined : found
}

function rawBody(body: JsonObject, contentType: string | undefined): OperationBody | undefined {
  const text = textOf(body['raw'])
  if (text === undefined) return undefined
  const language = textOf(memberOf(memberOf(body['options'], 'raw'), 'language'))
  const example = parsedExample(text)
  if (language === 'json' || /json/i.test(contentType ?? '') || isObject(example) || Array.isArray(example)) {
    const type = contentType !== undefined && /json/i.test(contentType) ? contentType : 'application/json'
    return {
      kind: 'json',
      contentType: type,
      required: true,
      ...(example === undefined ? {} : { schema: inferSchema(example) }),
    }
  }
  if (language === 'xml' || /xml/i.test(contentType ?? '') || text.trimStart().startsWith('<')) {
    return { kind: 'xml', contentType: contentType ?? 'application/xml', required: true }
  }
  return { kind: 'raw', contentType: contentType ?? 'text/plain', required: true }
}

/** JSON in which `{{variables}}` may stand without quotes; undefined when it is none. */
function parsedExample(text: string): unknown {
  for (const candidate of [text, text.replace(/([:[,]\s*)\{\{[^{}]+\}\}/g, '$1null')]) {
    try {
      return JSON.parse(candidate)
    } catch {
      // the next form, or no JSON at all
    }
  }
  return undefined
}

function fieldsOf(value: unknown): Schema {
  const fields = listOf(value)
    .filter(isObject)
    .filter(({ key }) => textOf(key) !== undefined)
  return {
    type: 'object',
    properties: Object.fromEntries(
      fields.map((field) => {
        const description = descriptionOf(field['description'])
        return [
          String(field['key']),
          {
            type: 'string',
            ...(field['type'] === 'file' ? { format: 'binary' } : {}),
            ...(description === undefined ? {} : { description }),
          },
        ]
      }),
    ),
  }
}

/** The first stored example of a success that is JSON. */
export function answerOf(responses: unknown): OperationAnswer | undefined {
  for (const response of listOf(responses).filter(isObject)) {
    const code = numberOf(response['code']) ?? 200
    const sample = parsedExample(textOf(response['body']) ?? '')
    if (code >= 200 && code < 300 && (isObject(sample) || Array.isArray(sample))) {
      return { contentType: 'application/json', headers: [], sample, schema: inferSchema(sample) }
    }
  }
  return undefined
}
