import { readdir, readFile } from 'node:fs/promises'
import type { EffectiveTransformation } from '../../../src/model/common-resource.ts'
import type { ConfigurationRow, Element, Parameter } from '../../../src/model/element.ts'

/**
 * One fact of the element format, pinned: a small element, what a caller asks, what the vendor then receives and
 * answers, what the caller gets and what is stored on the instance. Written from the specification, by hand.
 *
 * `<token>`, `<text>` and `<multipart>` stand for what no specification fixes. A token of one round can be sent in the
 * next.
 */
export interface EngineCase extends Round {
  fact: string
  source: string
  element: Partial<Element>
  /** what common resources of the instance say, in the shape of an export, by name; levels are not the engine's affair */
  commonResources?: Record<string, Partial<EffectiveTransformation>>
  /** what the hooks' own HTTP calls are answered */
  scriptHttp?: { request: { method: string; url: string }; reply: GoldenReply }[]
  /** further calls of the same instance, which keeps what was saved */
  then?: Round[]
}

export interface Round {
  /** the instance's values, on top of those of the rounds before */
  configuration?: Record<string, string | null>
  call?: GoldenCall
  /** instead of a call: the resources of one lifecycle type */
  lifecycle?: { type: string; query?: Record<string, string> }
  /** `any`: how far it got is not fixed */
  vendor: { request: GoldenRequest; reply: GoldenReply }[] | 'any'
  reply?: { status: number; headers?: Record<string, string>; headersMay?: string[]; body?: unknown }
  /** `messageHas`: parts of the message; `textHas`: parts of message or providerMessage */
  error?: {
    status: number
    message?: string
    messageHas?: string[]
    textHas?: string[]
    providerMessage?: string
    headers?: Record<string, string>
  }
  /** what was stored, later changes over earlier ones; nothing when absent */
  saved?: Record<string, string | null>
}

export interface GoldenCall {
  method: string
  path: string
  query?: Record<string, string | string[]>
  headers?: Record<string, string>
  body?: unknown
  parts?: GoldenPart[]
}

export interface GoldenPart {
  name: string
  fileName?: string
  contentType?: string
  content: string
}

/** Exactly one of the bodies, or none. */
export interface GoldenRequest {
  method: string
  /** query parameters may come in any order; values of one name keep theirs */
  url: string
  headers: Record<string, string>
  /** a value is compared as JSON, a text as it is */
  body?: unknown
  form?: [name: string, value: string][]
  /** without declaration and blanks between elements */
  xml?: string
  /** in any order */
  multipart?: GoldenPart[]
}

export interface GoldenReply {
  status: number
  headers?: Record<string, string>
  /** a text is sent as it is, any other value as JSON */
  body?: unknown
}

const FOLDER = new URL('cases/', import.meta.url)

export async function loadCases(): Promise<[file: string, golden: EngineCase][]> {
  const files = (await readdir(FOLDER)).toSorted()
  return Promise.all(
    files.map(async (file) => [file.replace(/\.json$/, ''), JSON.parse(await readFile(new URL(file, FOLDER), 'utf8'))]),
  )
}

/** The element with what every element has; rows say only what the case is about. */
export function elementOfCase(given: Partial<Element>): Element {
  const rows = (given.configuration ?? []).map((row): ConfigurationRow => ({ ...row, name: row.key }))
  const base: ConfigurationRow = { key: 'base.url', name: 'base.url', defaultValue: 'https://api.acme.test/v1' }
  return {
    id: 10_000,
    key: 'acme',
    name: 'Acme',
    description: '',
    hub: given.resources?.[0]?.path.split('/')[2] ?? 'crm',
    authentication: { type: 'custom' },
    protocolType: 'http',
    resources: [],
    ...given,
    hooks: given.hooks ?? [],
    parameters: (given.parameters ?? []) as Parameter[],
    configuration: rows.some(({ key }) => key === 'base.url') ? rows : [base, ...rows],
  }
}

export function mappingsOfCase({ commonResources = {} }: EngineCase): EffectiveTransformation[] {
  return Object.entries(commonResources).map(([objectName, given]) => ({
    vendorName: undefined,
    isLegacy: false,
    configuration: [],
    script: undefined,
    ...given,
    objectName,
    fields: (given.fields ?? []).map((field) => ({ ...field, type: field.type ?? 'string', level: 'organization' })),
  }))
}
