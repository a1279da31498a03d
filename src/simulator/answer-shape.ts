import type { Element, Parameter, Resource } from '../model/element.ts'
import { type WantedMember, wantedMembers } from './complete-answer.ts'
import { type HookReads, hookReads } from './hook-reads.ts'
import { type RootStep, rootSteps, splitRootKey } from './root-path.ts'
import type { ModelPart } from './schema-parts.ts'
import type { Served } from './served-resources.ts'

export type AnswerFormat = 'json' | 'xml' | 'soap' | 'file'

/** How one resource's answers look, read from the element alone. */
export interface AnswerShape {
  format: AnswerFormat
  root: RootStep[]
  requestRoot: string
  /** answers to writes are lists of one */
  isList: boolean
  /** DELETEs are answered with a body */
  hasBody: boolean
  wrapper: { member: string; whole: ModelPart } | undefined
  /** paths of the whole answer that are captured into the configuration (spec 11 §3.7) */
  captures: string[]
  wanted: WantedMember[]
  headers: string[]
  operation: string | undefined
}

const LOGIN_MEMBERS = ['access_token', 'refresh_token', 'token_type', 'expires_in']

export function answerShape(served: Served, element: Element, ofElement: HookReads): AnswerShape {
  const { resource, model, twins } = served
  const resources = [resource, ...twins]
  const { request, response } = splitRootKey(resources.find(({ rootKey }) => rootKey)?.rootKey)
  const root = rootSteps(response)
  const own = resources.map(({ hooks }) => hookReads(hooks ?? []))
  const members = own.flatMap((reads) => wantedMembers(reads.members, root, false))
  const captures = resources.flatMap(capturesOf)
  return {
    format: formatOf(served, element),
    root,
    requestRoot: request,
    isList: model.kind === 'list',
    hasBody: root.length > 0 || members.length > 0 || model.kind !== 'unknown',
    wrapper: model.wrapper,
    captures: captures.filter(({ vendorType }) => vendorType !== 'header').map(({ vendorName }) => vendorName),
    wanted: [...members, ...wantedMembers(ofElement.members, root, true), ...loginMembers(resources)],
    headers: [
      ...own.flatMap(({ headers }) => headers),
      ...captures.filter(({ vendorType }) => vendorType === 'header').map(({ vendorName }) => vendorName.toLowerCase()),
    ],
    operation: served.marks.find(({ place }) => place === 'operation')?.value,
  }
}

/** Captures, and the request rows of lifecycle resources that are plainly captures (spec 11 §3.7). */
function capturesOf({ type, parameters = [] }: Resource): Parameter[] {
  if (/^(api|apiNoDocumentation)$/.test(type ?? 'api')) return []
  return parameters.filter(
    ({ type: origin, source, vendorType, vendorName, name }) =>
      origin === 'configuration' &&
      vendorName !== '' &&
      (source === 'response' || (vendorType === 'bodyField' && /token|expires/i.test(`${name} ${vendorName}`))),
  )
}

/** What replaces a token call is answered like one. */
function loginMembers(resources: readonly Resource[]): WantedMember[] {
  const replaces = resources.some(({ type }) => /^oauth(2Password|OnTokenExchange|OnTokenRefresh)$/.test(type ?? ''))
  return replaces ? LOGIN_MEMBERS.map((name) => ({ steps: [name] })) : []
}

function formatOf({ resource, isSoap, model, method }: Served, element: Element): AnswerFormat {
  if (isSoap) return 'soap'
  if (model.kind === 'file' && method === 'GET') return 'file'
  const accept = headerValue(resource.parameters, 'accept') ?? headerValue(element.parameters, 'accept') ?? ''
  return /xml/i.test(accept) && !/json/i.test(accept) ? 'xml' : 'json'
}

function headerValue(parameters: readonly Parameter[] | undefined, header: string): string | undefined {
  return parameters?.find(
    ({ type, vendorType, vendorName }) =>
      type === 'value' && vendorType === 'header' && vendorName.trim().toLowerCase() === header,
  )?.name
}
