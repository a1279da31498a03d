import { ValenceError } from '../../errors.ts'
import { elementOfApi, type Naming } from './assemble-element.ts'
import { type DocumentType, isXml, typeOfObject, typeOfXml } from './detect-type.ts'
import { createDoubts, type Doubt, type Doubtful } from './doubts.ts'
import { isObject, type JsonObject } from './json-value.ts'
import { readOData } from './odata/read-odata.ts'
import { readOpenApi } from './openapi/read-openapi.ts'
import { decodeText, parseJsonOrYaml } from './parse-text.ts'
import { readPostman } from './postman/read-postman.ts'
import type { ImportedElement } from './vendor-api.ts'
import { readWsdl } from './wsdl/read-wsdl.ts'

export interface ImportOptions extends Naming {
  type?: DocumentType
}

export interface Imported {
  element: ImportedElement
  doubts: Doubt[]
}

type FromObject = (document: JsonObject, options: ImportOptions, doubt: Doubtful) => Promise<ImportedElement>
type FromXml = (text: string, options: ImportOptions, doubt: Doubtful) => Promise<ImportedElement>

const FROM_OBJECT: Partial<Record<DocumentType, FromObject>> = {
  openapi: async (document, options, doubt) => elementOfApi(await readOpenApi(document, doubt), options, doubt),
  postman: async (document, options, doubt) => elementOfApi(readPostman(document, doubt), options, doubt),
}

const FROM_XML: Partial<Record<DocumentType, FromXml>> = {
  wsdl: async (text, options, doubt) => readWsdl(text, options, doubt),
  odata: async (text, options, doubt) => elementOfApi(readOData(text, doubt), options, doubt),
}

/**
 * Reads one document and writes the element, in this thread; `importDocument` does it in one of its own.
 *
 * @throws ValenceError IMPORT_INVALID with what is wrong with the document
 */
export async function convertDocument(bytes: Uint8Array, options: ImportOptions): Promise<Imported> {
  const text = decodeText(bytes)
  const { doubt, all } = createDoubts()
  const element = isXml(text) ? await fromXml(text, options, doubt) : await fromObject(text, options, doubt)
  return { element, doubts: all() }
}

async function fromObject(text: string, options: ImportOptions, doubt: Doubtful): Promise<ImportedElement> {
  const document = parseJsonOrYaml(text)
  const type = options.type ?? typeOfObject(document)
  const read = type && FROM_OBJECT[type]
  if (!read || !isObject(document)) throw unknown(type, 'an OpenAPI document or a Postman collection')
  return read(document, options, doubt)
}

async function fromXml(text: string, options: ImportOptions, doubt: Doubtful): Promise<ImportedElement> {
  const type = options.type ?? typeOfXml(text)
  const read = type && FROM_XML[type]
  if (!read) throw unknown(type, 'a WSDL or an OData $metadata document')
  return read(text, options, doubt)
}

function unknown(type: string | undefined, expected: string): ValenceError {
  return new ValenceError(
    'IMPORT_INVALID',
    `The document is no ${type ?? 'description that can be imported'}: expected ${expected}`,
  )
}
