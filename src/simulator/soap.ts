import type { Parameter, Resource } from '../model/element.ts'
import type { RootStep } from './root-path.ts'
import { hasVariable, pathSegments } from './vendor-path.ts'
import { fromXml, localName } from './xml.ts'

const SOAP_11 = 'http://schemas.xmlsoap.org/soap/envelope/'
const SOAP_12 = 'http://www.w3.org/2003/05/soap-envelope'

/** Operation of an envelope: the first element of its body, without prefix. */
export function soapOperation(document: Record<string, unknown> | undefined): string | undefined {
  const first = Object.keys(soapBody(document) ?? {}).find((name) => !/^[@#]/.test(name))
  return first === undefined ? undefined : localName(first)
}

/** What the operation was given. */
export function soapContent(document: Record<string, unknown> | undefined): unknown {
  const body = soapBody(document) ?? {}
  const first = Object.keys(body).find((name) => !/^[@#]/.test(name))
  return first === undefined ? undefined : body[first]
}

function soapBody(document: Record<string, unknown> | undefined): Record<string, unknown> | undefined {
  const envelope = memberByLocalName(document, 'envelope')
  return memberByLocalName(envelope, 'body')
}

function memberByLocalName(value: unknown, wanted: string): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  for (const [name, inner] of Object.entries(value)) {
    if (localName(name).toLowerCase() === wanted && typeof inner === 'object' && inner !== null)
      return inner as Record<string, unknown>
  }
  return undefined
}

/** The operation that a resource calls: from its SOAPAction, else from the template of its body, else from its path. */
export function operationOf(resource: Resource): string | undefined {
  const values = (resource.parameters ?? []).filter(({ type }) => type === 'value')
  const action = values.find(
    (row) => row.vendorType === 'header' && row.vendorName.trim().toLowerCase() === 'soapaction',
  )
  const last = pathSegments(resource.path).findLast((segment) => !hasVariable(segment))
  return actionName(action?.name) ?? templateOperation(values) ?? last
}

/** `"http://acme.test/ListThings"` → `ListThings` */
export function actionName(action: string | undefined): string | undefined {
  const name = action?.replace(/^"|"$/g, '').split(/[/#:]/).at(-1)?.trim()
  return name ? name : undefined
}

function templateOperation(values: readonly Parameter[]): string | undefined {
  const template = values.find(({ vendorType, name }) => vendorType === 'body' && isEnvelope(name))
  return template && soapOperation(fromXml(template.name.replace(/\{[\w.]+\}/g, '')))
}

/** `soap` of `<soap:Envelope>`, '' without one, undefined when the text is no envelope */
export function envelopePrefix(text: string): string | undefined {
  const found = /<(?:([\w-]+):)?Envelope[\s>]/i.exec(text.slice(0, 2000))
  return found ? (found[1] ?? '') : undefined
}

export function isEnvelope(text: string): boolean {
  return envelopePrefix(text) !== undefined
}

/**
 * An envelope around a body. The prefix is the one of the response root, since elements look for `soap:Envelope` by that name.
 * @param root response root; its first step names the envelope
 */
export function soapEnvelope(root: readonly RootStep[], body: unknown, isVersion12: boolean): Record<string, unknown> {
  const first = typeof root[0] === 'string' ? root[0] : 'soap:Envelope'
  const prefix = first.includes(':') ? `${first.slice(0, first.indexOf(':'))}:` : ''
  const declaration = prefix === '' ? '@xmlns' : `@xmlns:${prefix.slice(0, -1)}`
  return { [`${prefix}Envelope`]: { [declaration]: isVersion12 ? SOAP_12 : SOAP_11, [`${prefix}Body`]: body } }
}
