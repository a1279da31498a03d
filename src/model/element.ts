/**
 * The element format, `element.json` (spec 11). Wire names are kept. Unknown members are kept and returned, so every
 * shape is open; only what the engine reads is named here.
 */
export interface Element {
  id: number
  key: string
  name: string
  description: string
  hub: string
  authentication: { type: string }
  protocolType?: string
  configuration: ConfigurationRow[]
  parameters: Parameter[]
  resources: Resource[]
  hooks: Hook[]
  objects?: unknown[]
  models?: unknown[]
  active?: boolean
  deleted?: boolean
  private?: boolean
  extended?: boolean
  [member: string]: unknown
}

/** Declares one key an instance can carry; values are always strings (spec 11 §2). */
export interface ConfigurationRow {
  id?: number
  key: string
  name: string
  description?: string
  type?: string
  defaultValue?: string | null
  required?: boolean
  hideFromConsole?: boolean
  internal?: boolean
  active?: boolean
  displayOrder?: number
  options?: { value: string; description: string }[]
  [member: string]: unknown
}

/** Moves one value from the caller's side to the vendor's side (`source: request`) or back (spec 11 §3). */
export interface Parameter {
  name: string
  type: string
  vendorName: string
  vendorType: string
  source?: string
  required?: boolean
  dataType?: string
  vendorDataType?: string
  converter?: string
  description?: string
  [member: string]: unknown
}

export interface Hook {
  type: string
  body?: string
  isLegacy?: boolean
  mimeType?: string
  [member: string]: unknown
}

export interface Resource {
  id?: number
  method: string
  /** `/hubs/<hub>/…` with `{variables}` */
  path: string
  vendorMethod?: string
  vendorPath?: string
  /** `api` when absent; the lifecycle types are in spec 11 §4.3 */
  type?: string
  kind?: string
  rootKey?: string | null
  nextPageKey?: string | null
  nextResource?: string | null
  paginationType?: string | null
  operationId?: string
  description?: string
  objectName?: string
  parameters?: Parameter[]
  hooks?: Hook[]
  response?: { contentType?: string; [member: string]: unknown }
  model?: ResourceModel
  [member: string]: unknown
}

export interface ResourceModel {
  name?: string
  transform?: boolean
  swagger?: Record<string, Schema>
  requestName?: string
  requestSwagger?: Record<string, Schema>
  [member: string]: unknown
}

/** OpenAPI 2 schema with the liberties of spec 11 §8.1 (a definition name may stand in `type`). */
export interface Schema {
  type?: string
  format?: string
  properties?: Record<string, Schema>
  items?: Schema
  required?: string[]
  enum?: unknown[]
  [member: string]: unknown
}

/** A hub is a category of elements; it has no schema of its own (spec 10 §3, 12 §1). */
export interface Hub {
  id: number
  key: string
  name: string
  description: string
  videoLink?: string
  active: boolean
  /** canonical resource names, shown by `GET /hubs?hydrate=true` */
  resources: string[]
}
