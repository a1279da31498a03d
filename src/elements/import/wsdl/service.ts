import { ValenceError } from '../../../errors.ts'
import type { Doubtful } from '../doubts.ts'
import { attributeOf, childOf, childrenOf, qualifiedName, type XmlNode } from '../parse-xml.ts'
import { documentationOf } from './xsd-types.ts'

const SOAP_11 = 'http://schemas.xmlsoap.org/wsdl/soap/'
const SOAP_12 = 'http://schemas.xmlsoap.org/wsdl/soap12/'

export interface SoapOperation {
  name: string
  description: string | undefined
  /** where it is called, when a port says so */
  location: string | undefined
  soapVersion: '1.1' | '1.2'
  action: string
  style: 'document' | 'rpc'
  isEncoded: boolean
  /** namespace of an rpc call's own element */
  namespace: string
  input: XmlNode[]
  output: XmlNode[]
  /** parts that travel in the SOAP header */
  headers: XmlNode[]
}

interface SoapService {
  targetNamespace: string
  description: string | undefined
  schemas: XmlNode[]
  operations: SoapOperation[]
}

/**
 * What a WSDL 1.1 document offers over SOAP (WSDL 1.1 §2, §3). Of several bindings of one port type the one of SOAP 1.1 is
 * read. What is imported from elsewhere is not there: a doubt.
 *
 * @throws ValenceError IMPORT_INVALID for another document, or without an operation over SOAP
 */
export function readService(root: XmlNode, doubt: Doubtful): SoapService {
  if (root.name !== 'definitions') {
    throw new ValenceError('IMPORT_INVALID', `The document is <${root.name}>: expected the <definitions> of a WSDL 1.1`)
  }
  const schemas = childrenOf(root, 'types').flatMap((types) => childrenOf(types, 'schema'))
  for (const one of [
    ...childrenOf(root, 'import'),
    ...schemas.flatMap((schema) => [...childrenOf(schema, 'import'), ...childrenOf(schema, 'include')]),
  ]) {
    const location = attributeOf(one, 'location') ?? attributeOf(one, 'schemaLocation')
    if (location !== undefined)
      doubt(location, 'is imported from elsewhere and not fetched: put everything into one document')
  }
  const operations = chosenPorts(root).flatMap(({ binding, location }) => operationsOf(root, binding, location))
  if (operations.length === 0) throw new ValenceError('IMPORT_INVALID', 'The WSDL has no operation over SOAP')
  return {
    targetNamespace: attributeOf(root, 'targetNamespace') ?? '',
    description: documentationOf(root) ?? documentationOf(childOf(root, 'service')),
    schemas,
    operations,
  }
}

interface Port {
  binding: XmlNode
  location: string | undefined
}

/** One binding per port type; bindings without a port come last, for documents without a service. */
function chosenPorts(root: XmlNode): Port[] {
  const bindings = childrenOf(root, 'binding').filter((binding) => soapBindingOf(binding) !== undefined)
  const ports = childrenOf(root, 'service')
    .flatMap((service) => childrenOf(service, 'port'))
    .flatMap((port): Port[] => {
      const binding = bindings.find((one) => attributeOf(one, 'name') === localName(port, 'binding'))
      return binding ? [{ binding, location: attributeOf(childOf(port, 'address'), 'location') }] : []
    })
  const all = [...ports, ...bindings.map((binding) => ({ binding, location: undefined }))]
  const sorted = all.toSorted((a, b) => Number(versionOf(a.binding) === '1.2') - Number(versionOf(b.binding) === '1.2'))
  const byPortType = new Map<string, Port>()
  for (const port of sorted) {
    const type = localName(port.binding, 'type') ?? ''
    if (!byPortType.has(type)) byPortType.set(type, port)
  }
  return [...byPortType.values()]
}

function soapBindingOf(binding: XmlNode): XmlNode | undefined {
  return childrenOf(binding, 'binding').find(({ namespace }) => namespace === SOAP_11 || namespace === SOAP_12)
}

function versionOf(binding: XmlNode): SoapOperation['soapVersion'] {
  return soapBindingOf(binding)?.namespace === SOAP_12 ? '1.2' : '1.1'
}

function operationsOf(root: XmlNode, binding: XmlNode, location: string | undefined): SoapOperation[] {
  const portType = childrenOf(root, 'portType').find((one) => attributeOf(one, 'name') === localName(binding, 'type'))
  const style = attributeOf(soapBindingOf(binding), 'style')
  return childrenOf(binding, 'operation').flatMap((bound): SoapOperation[] => {
    const name = attributeOf(bound, 'name')
    const abstract = childrenOf(portType, 'operation').find((one) => attributeOf(one, 'name') === name)
    if (name === undefined || !abstract) return []
    const soap = childOf(bound, 'operation')
    const input = childOf(bound, 'input')
    const body = bodyOf(input)
    return [
      {
        name,
        description: documentationOf(abstract),
        location,
        soapVersion: versionOf(binding),
        action: attributeOf(soap, 'soapAction') ?? '',
        style: (attributeOf(soap, 'style') ?? style) === 'rpc' ? 'rpc' : 'document',
        isEncoded: attributeOf(body, 'use') === 'encoded',
        namespace: attributeOf(body, 'namespace') ?? attributeOf(root, 'targetNamespace') ?? '',
        input: partsOf(root, childOf(abstract, 'input'), body),
        output: partsOf(root, childOf(abstract, 'output'), bodyOf(childOf(bound, 'output'))),
        headers: childrenOf(input, 'header').flatMap((header) =>
          messageParts(root, localName(header, 'message')).filter(
            (part) => attributeOf(part, 'name') === attributeOf(header, 'part'),
          ),
        ),
      },
    ]
  })
}

/** `soap:body`, also inside a `mime:multipartRelated`. */
function bodyOf(message: XmlNode | undefined): XmlNode | undefined {
  return childOf(message, 'body') ?? childOf(childOf(childOf(message, 'multipartRelated'), 'part'), 'body')
}

/** Parts of a message; `soap:body` may name those that stand in the body. */
function partsOf(root: XmlNode, message: XmlNode | undefined, body: XmlNode | undefined): XmlNode[] {
  const parts = messageParts(root, message && localName(message, 'message'))
  const named = attributeOf(body, 'parts')?.split(/\s+/)
  return named ? parts.filter((part) => named.includes(attributeOf(part, 'name') ?? '')) : parts
}

function messageParts(root: XmlNode, name: string | undefined): XmlNode[] {
  return childrenOf(
    childrenOf(root, 'message').find((one) => attributeOf(one, 'name') === name),
    'part',
  )
}

function localName(node: XmlNode, attribute: string): string | undefined {
  const reference = attributeOf(node, attribute)
  return reference === undefined ? undefined : qualifiedName(node, reference).name
}
