import type { Doubtful } from '../doubts.ts'
import type { VendorApi } from '../vendor-api.ts'
import { createEntityTypes } from './entity-types.ts'
import { readMetadata } from './metadata.ts'
import { operationsOf } from './operations.ts'

/**
 * The `$metadata` of an OData service, version 2, 3 or 4: entity sets with their reads and writes, functions, actions and
 * navigations (spec 11 §4.7). It does not say where the service is: each instance does.
 *
 * @throws ValenceError IMPORT_INVALID
 */
export function readOData(text: string, doubt: Doubtful): VendorApi {
  const metadata = readMetadata(text)
  const types = createEntityTypes(metadata)
  doubt('security', 'OData metadata does not say how callers prove themselves: basic authentication is a guess')
  if (metadata.otherContainers.length > 0) {
    doubt('EntityContainer', `"${metadata.containerName}" is taken; not ${metadata.otherContainers.join(', ')}`)
  }
  if (metadata.isSap) doubt('security', 'services of SAP want an X-CSRF-Token with writes: add a hook that obtains it')
  return {
    name: metadata.containerName,
    protocolType: 'odata',
    servers: [
      {
        url: '{serviceRoot}',
        variables: { serviceRoot: { description: 'Address of the service, as it stands before $metadata.' } },
      },
    ],
    credentials: [{ kind: 'basic' }],
    operations: operationsOf({ metadata, types, doubt }),
    definitions: types.definitions,
  }
}
