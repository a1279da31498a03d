import type { Mapping } from '../../transform/mapping.ts'

/** The vendor's name in queries: the marks of lists are ours, no vendor knows them. */
export function vendorName(mapping: Mapping, name: string): string {
  return mapping.vendorAttribute(name).replaceAll('[*]', '')
}
