import type { Parameter } from '../../../model/element.ts'
import { parameter } from '../../expand-resources.ts'
import type { ManifestConfigurationRow } from '../../manifest.ts'
import { labelOf } from '../base-url.ts'
import { attributeOf, qualifiedName, type XmlNode } from '../parse-xml.ts'
import { literalText } from '../template-text.ts'
import type { SoapOperation } from './service.ts'
import type { Field, XsdTypes } from './xsd-types.ts'

const ENVELOPES = {
  '1.1': 'http://schemas.xmlsoap.org/soap/envelope/',
  '1.2': 'http://www.w3.org/2003/05/soap-envelope',
} as const

/** The element that stands in the SOAP body. */
export interface Wrapper {
  name: string
  namespace: string
  /** whether its children belong to its namespace */
  isQualified: boolean
  fields: Field[]
}

/** Of a document call the element that its part names; of an rpc call one with the name of the operation. */
export function wrapperOf(
  operation: SoapOperation,
  parts: readonly XmlNode[],
  types: XsdTypes,
  rpcName: string,
): Wrapper | undefined {
  if (operation.style === 'rpc') {
    const fields = parts.flatMap((part): Field[] => {
      const name = attributeOf(part, 'name')
      const schema = types.schemaOf(part)
      return name === undefined
        ? []
        : [{ name, schema, required: true, isSimple: /^(string|integer|number|boolean)$/.test(schema.type ?? '') }]
    })
    return { name: rpcName, namespace: operation.namespace, isQualified: false, fields }
  }
  const [part] = parts
  const reference = attributeOf(part, 'element')
  if (!part || reference === undefined) return undefined
  const { namespace, name } = qualifiedName(part, reference)
  const element = types.element(namespace, name)
  return {
    name,
    namespace,
    isQualified: types.isQualified(namespace),
    fields: element ? types.fieldsOf(element) : [],
  }
}

/**
 * The template of a whole request with its `{tokens}` (spec 11 §4.7). A wrapper whose children share its namespace declares
 * it as the default one, so that `{body}` needs no prefixes.
 *
 * @param inner text inside the wrapper, such as `{body}`
 */
export function envelopeTemplate(
  version: SoapOperation['soapVersion'],
  wrapper: Wrapper | undefined,
  inner: string,
  header: string,
): string {
  const body = wrapper ? wrapped(wrapper, inner) : inner
  return (
    '<?xml version="1.0" encoding="UTF-8"?>' +
    `<soap:Envelope xmlns:soap="${ENVELOPES[version]}">` +
    `<soap:Header>${header}</soap:Header><soap:Body>${body}</soap:Body></soap:Envelope>`
  )
}

function wrapped({ name: given, namespace, isQualified }: Wrapper, inner: string): string {
  const name = escaped(given)
  if (namespace === '') return `<${name}>${inner}</${name}>`
  const address = escaped(namespace)
  return isQualified
    ? `<${name} xmlns="${address}">${inner}</${name}>`
    : `<ns:${name} xmlns:ns="${address}">${inner}</ns:${name}>`
}

export const escaped = (text: string) =>
  literalText(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

export interface HeaderPart {
  template: string
  parameters: Parameter[]
  configuration: ManifestConfigurationRow[]
}

/** Fields of header elements are configuration: they say who calls. */
export function headerOf(headers: readonly XmlNode[], types: XsdTypes): HeaderPart {
  const parts = headers.flatMap((part): HeaderPart[] => {
    const reference = attributeOf(part, 'element')
    if (reference === undefined) return []
    const { namespace, name } = qualifiedName(part, reference)
    const element = types.element(namespace, name)
    const fields = element ? types.fieldsOf(element).filter(({ isSimple }) => isSimple) : []
    if (fields.length === 0) return []
    const keyOf = (field: Field) => `${name}.${field.name}`
    const wrapper = { name, namespace, isQualified: types.isQualified(namespace), fields }
    return [
      {
        template: wrapped(
          wrapper,
          fields.map((field) => `<${escaped(field.name)}>{${keyOf(field)}}</${escaped(field.name)}>`).join(''),
        ),
        parameters: fields.map((field) => parameter('configuration', keyOf(field), 'bodyToken', keyOf(field))),
        configuration: fields.map((field) => headerRow(keyOf(field), field)),
      },
    ]
  })
  return {
    template: parts.map(({ template }) => template).join(''),
    parameters: parts.flatMap(({ parameters }) => parameters),
    configuration: parts.flatMap(({ configuration }) => configuration),
  }
}

function headerRow(key: string, { name }: Field): ManifestConfigurationRow {
  const isSecret = /pass|secret|token|key|session/i.test(name)
  return {
    key,
    name: labelOf(name),
    description: `Goes into the SOAP header element ${key.split('.')[0]}.`,
    type: isSecret ? 'PASSWORD' : 'TEXTFIELD_128',
    required: /pass|secret|user|login/i.test(name),
  }
}
