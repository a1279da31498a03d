/**
 * Hub models: one set of objects and fields for all elements of a hub, on request (docs/hub-models.md). A model is
 * `catalog/<hub>.model.yaml`, where its fields come from in one element is `catalog/<key>/canonical.yaml`. Start reading at
 * canonical-transformation.ts, which makes an ordinary transformation out of the two, and coverage.ts, which tells how far they go.
 */

/** A field of an object of a model. */
export interface CanonicalField {
  /** `address.city` */
  path: string
  /** `string`, `number`, `boolean` or `date`, as in definitions (spec 20 §9.1) */
  type: string
  /** `date-time`, `date` or a number format, as in OpenAPI */
  format: string | undefined
  description: string | undefined
  /** nobody writes it: the vendor makes it */
  isReadOnly: boolean
}

export interface CanonicalObject {
  name: string
  description: string
  fields: readonly CanonicalField[]
}

export interface HubModel {
  hub: string
  objects: ReadonlyMap<string, CanonicalObject>
}

export interface CanonicalOrigin {
  /** path in the vendor's record */
  vendorPath: string
  /** what the vendor wants to be given, where the element's models do not tell */
  vendorType?: string
  /** mask of the vendor's dates, where they are not ISO 8601 (spec 20 §9.1) */
  vendorPattern?: string
  /** the vendor makes it of other fields, though its requests take a field of that name */
  readOnly?: boolean
}

/** Where one object of a model comes from in an element. */
export interface CanonicalSource {
  /** path of the element's resource below its hub: `/contacts` */
  resource: string
  /** by canonical path */
  fields: ReadonlyMap<string, CanonicalOrigin>
  /** canonical paths by which the vendor filters */
  filters: ReadonlySet<string>
  /** paths of the vendor's that a new record needs, where the element's models do not tell */
  needs: readonly string[]
}

/** By name of the object. */
export type CanonicalSources = ReadonlyMap<string, CanonicalSource>
