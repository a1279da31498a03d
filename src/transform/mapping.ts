import type { MappingScript } from '../model/common-resource.ts'

/** A transformation compiled once: what a call needs, with nothing left to interpret. */
export interface Mapping {
  /** the common name: `my-contacts` */
  objectName: string
  /** resource or native object of the vendor */
  vendorName: string
  /**
   * One record of a reply in common names: declared mapping only, the script is the caller's to run. Never throws, and
   * never changes what it is given; the result shares with it whatever is not mapped. Anything but an object comes back as
   * it is.
   * @param keepsNulls null stays null, instead of no member at all (`filter.response.nulls` = `"false"`, spec 20 §9.2)
   */
  fromVendor(record: unknown, keepsNulls?: boolean): unknown
  /** One record of a request in the vendor's names; the same promises. */
  toVendor(record: unknown, keepsNulls?: boolean): unknown
  /**
   * An attribute of `where`, an entry of `fields`, a name of `orderBy`; unmapped ones come back as they are (spec 20 §11.1).
   * Marks `[*]` stay in: a filter on our side needs them, a vendor's query does not.
   */
  vendorAttribute(name: string): string
  /** the text of a condition's value: dates of a field with `transformDate` in the vendor's pattern, all else as written */
  vendorValue(name: string, text: string): string
  script: MappingScript | undefined
  isLegacy: boolean
  /** the script also runs on the parsed `where` (`applyJSOnQueryFieldValue`) */
  runsOnWhere: boolean
  /** what the mapping shows in documents and metadata: common path → vendor path, with type (spec 23 §A7, §B2) */
  fields: readonly { path: string; vendorPath: string; type: string }[]
  /** the model of a hub that it belongs to; absent for common resources */
  model?: 'canonical'
  /** whether a name is one of the model that the element has nothing for: no vendor can be asked by it */
  lacks?(name: string): boolean
  /** names of it that are mapped, but by which the vendor does not filter */
  isNoFilter?(name: string): boolean
  /** paths of members of a request that reach the vendor by no way, where that is worth telling */
  ignoredIn?(record: unknown): string[]
  /** `addToDocumentation` */
  isDocumented: boolean
}
