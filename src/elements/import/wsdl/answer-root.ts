import type { Wrapper } from './envelope.ts'
import { type Field, schemaOfFields } from './xsd-types.ts'

/** Prefixes that frameworks give to their envelopes, told from traces they leave in a WSDL or its address. */
const TRACES: readonly [trace: RegExp, prefix: string][] = [
  [/\.asmx\b/i, 'soap'],
  [/\.svc\b|schemas\.microsoft\.com\/2003\/10\/Serialization/i, 's'],
  [/JAX-WS RI|Metro\//i, 'S'],
  [/apache\.org\/(xml-soap|axis)/i, 'soapenv'],
  [/\.php\b|nusoap|gsoap|php\.net/i, 'SOAP-ENV'],
]

/** These put the answer's element into the body without a prefix. */
const PLAIN_CONTENT = new Set(['soap', 's'])

/** A guess: a WSDL does not say how answers are prefixed. */
export function answerPrefixOf(text: string, location: string | undefined): string {
  const traces = `${location ?? ''}\n${text.slice(0, 20_000)}`
  return TRACES.find(([trace]) => trace.test(traces))?.[1] ?? 'soap'
}

/** What callers get of an answer, and where it stands. */
export interface AnswerContent {
  rootKey: string
  fields: readonly Field[]
  /** the one thing that is answered, when names are plain and there is one */
  result?: Field
}

/** The SOAP body, and where names in it are plain the content of its element, or of its only result. */
export function answerContentOf(prefix: string, answer: Wrapper | undefined): AnswerContent {
  const body = `|${prefix}:Envelope.${prefix}:Body`
  if (!answer || !PLAIN_CONTENT.has(prefix) || !answer.isQualified || answer.name.includes('.')) {
    return {
      rootKey: body,
      fields: answer
        ? [{ name: answer.name, schema: schemaOfFields(answer.fields), required: false, isSimple: false }]
        : [],
    }
  }
  const [only] = answer.fields
  const isResult = answer.fields.length === 1 && only !== undefined && /(result|return|response)$/i.test(only.name)
  if (!isResult) return { rootKey: `${body}.${answer.name}`, fields: answer.fields }
  return { rootKey: `${body}.${answer.name}.${only.name}`, fields: answer.fields, result: only }
}
