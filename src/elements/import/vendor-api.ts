import type { ConfigurationRow, Parameter, Resource, Schema } from '../../model/element.ts'
import type { ManifestConfigurationRow } from '../manifest.ts'

/**
 * What the readers of OpenAPI, OData and Postman documents find in them, in one shape; `rest-resources.ts` makes resources
 * of it. Schemas already speak the dialect of models (spec 11 §8.1): a definition is named in `type`.
 */
export interface VendorApi {
  name: string
  description?: string
  protocolType: 'http' | 'odata'
  servers: Server[]
  /** credentials that every call carries, all together */
  credentials: Credential[]
  operations: Operation[]
  definitions: Definitions
  /** rows that parameters of operations refer to */
  configuration?: ManifestConfigurationRow[]
}

export type Definitions = ReadonlyMap<string, Schema>

/** An address whose `{variables}` the customer or the author chooses. */
export interface Server {
  url: string
  variables?: Record<string, { default?: string; choices?: string[]; description?: string }>
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface Operation {
  method: Method
  /** below the server's address; `{variables}`; may carry a query */
  path: string
  /** what the platform path is made of instead of the vendor's; its variables have the same names */
  platformPath?: string
  /** name of the platform path where the vendor's path gives none, without slash */
  platformName?: string
  vendorMethod?: string
  /** its own address instead of the API's */
  server?: Server
  operationId?: string
  description?: string
  parameters: OperationParameter[]
  body?: OperationBody
  answer?: OperationAnswer
  /** parameter rows that are known already */
  rows?: Parameter[]
  /** name of the platform's `where` converter, when the vendor has a filter language */
  whereConverter?: string
  /** set where it is known; empty when nothing stands around the content */
  rootKey?: string
}

export interface OperationParameter {
  name: string
  in: 'path' | 'query' | 'header'
  schema: Schema
  required: boolean
  description?: string
  /** the only value the vendor takes: the caller is not asked */
  fixed?: string
  maximum?: number
  minimum?: number
  default?: unknown
}

export type BodyKind = 'json' | 'form' | 'multipart' | 'xml' | 'raw'

export interface OperationBody {
  kind: BodyKind
  contentType: string
  required: boolean
  schema?: Schema
  /** name of the element around it, in XML */
  xmlRoot?: string
}

export interface OperationAnswer {
  contentType?: string
  /** name of the element around it, in XML */
  xmlRoot?: string
  schema?: Schema
  /** example body, as the vendor sends it */
  sample?: unknown
  headers: string[]
}

/** One way of proving who calls. */
export type Credential =
  | { kind: 'basic' }
  | { kind: 'bearer'; description?: string }
  | { kind: 'key'; in: 'header' | 'query' | 'cookie'; name: string; prefix?: string; description?: string }
  | {
      kind: 'oauth2'
      flow: 'authorizationCode' | 'clientCredentials' | 'password'
      authorizationUrl?: string
      tokenUrl: string
      refreshUrl?: string
      scopes: string[]
    }
  | { kind: 'aws'; region?: string }
  | { kind: 'keyStore' }

/** What a part of the document adds to the element. */
export interface Addition {
  configuration: ManifestConfigurationRow[]
  parameters: Parameter[]
  resources: Resource[]
}

/** An element as `POST /elements` takes it: without id and owner. */
export interface ImportedElement {
  name: string
  key?: string
  hub: string
  description: string
  authentication: { type: string }
  protocolType: string
  configuration: ConfigurationRow[]
  parameters: Parameter[]
  resources: Resource[]
  hooks: []
  [member: string]: unknown
}
