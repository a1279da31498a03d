import { ValenceError } from '../../../errors.ts'
import type { Doubtful } from '../doubts.ts'
import { isObject, type JsonObject, objectOf, scalarText, textOf } from '../json-value.ts'
import type { VendorApi } from '../vendor-api.ts'
import { credentialParameters } from './credential-parameters.ts'
import { operationsOf } from './operations.ts'
import { createReferences } from './references.ts'
import { createSchemaReader } from './schema-reader.ts'
import { credentialsOf } from './security.ts'
import { serversOf } from './servers.ts'

/**
 * Swagger 2 and OpenAPI 3 documents. Older ones are first upgraded to 3.1 by @scalar/openapi-parser, which takes what
 * stricter parsers refuse; reading is tolerant too, and what it does not understand is left out.
 *
 * @param document parsed; it is changed
 * @throws ValenceError IMPORT_INVALID when it is no OpenAPI document at all or describes no operation
 */
export async function readOpenApi(document: JsonObject, doubt: Doubtful): Promise<VendorApi> {
  const upgraded = await upgrade(document, doubt)
  const references = createReferences(upgraded, doubt)
  const schemas = createSchemaReader(references)
  const found = operationsOf(upgraded, { references, schemas, doubt })
  if (found.length === 0)
    throw new ValenceError('IMPORT_INVALID', 'The OpenAPI document describes no operation below "paths"')
  if (isObject(upgraded['webhooks']) && Object.keys(upgraded['webhooks']).length > 0) {
    doubt('webhooks', 'webhooks of the vendor are not imported: events need an event hook and configuration')
  }
  const servers = serversOf(upgraded['servers'])
  const operations = found.map(({ operation }) => operation)
  const declared = credentialsOf(upgraded, found, references, servers[0]?.url ?? '', doubt)
  const credentials = declared.length > 0 ? declared : credentialParameters(operations, doubt)
  const info = objectOf(upgraded['info'])
  return {
    name: scalarText(info['title']) ?? 'Imported API',
    ...(textOf(info['description']) === undefined ? {} : { description: textOf(info['description']) }),
    protocolType: 'http',
    servers,
    credentials,
    operations,
    definitions: schemas.definitions(),
  }
}

async function upgrade(document: JsonObject, doubt: Doubtful): Promise<JsonObject> {
  const version = scalarText(document['openapi']) ?? scalarText(document['swagger'])
  if (version === undefined) {
    throw new ValenceError('IMPORT_INVALID', 'The document has neither "openapi" nor "swagger"')
  }
  if (!/^(2|3)\b/.test(version)) doubt('openapi', `version ${version} is read as if it were 3.1`)
  // versions are often written as numbers in YAML
  if (document['swagger'] !== undefined) {
    document['swagger'] = version === '2' ? '2.0' : version
    handDownTypes(document)
  } else document['openapi'] = /^\d+$/.test(version) ? `${version}.0.0` : version
  const { upgrade: toLatest } = await import('@scalar/openapi-parser')
  try {
    const { specification } = toLatest(document)
    return isObject(specification) ? specification : document
  } catch (cause) {
    throw new ValenceError(
      'IMPORT_INVALID',
      `The document of version ${version} is damaged: ${(cause as Error).message}`,
      { cause },
    )
  }
}

/** The upgrade reads the types of answers from the document before those of the operation, which should win. */
function handDownTypes(document: JsonObject): void {
  const { produces } = document
  delete document['produces']
  for (const item of Object.values(objectOf(document['paths'])).filter(isObject)) {
    for (const operation of Object.values(item).filter(isObject)) operation['produces'] ??= produces
  }
  // shared answers have no operation to ask
  if (isObject(document['responses'])) document['produces'] = produces
}
