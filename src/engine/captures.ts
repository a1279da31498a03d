import type { Parameter } from '../model/element.ts'
import { ownValue } from '../model/own-value.ts'
import { extractPath, parseRootPath } from './root-path.ts'
import type { VendorAnswer } from './vendor-answer.ts'

/** Takes one value of the vendor's answer into the configuration (spec 11 §3.7). */
export interface Capture {
  /** configuration key */
  key: string
  read(reply: VendorAnswer): unknown
}

/**
 * Parameters with `source: response`. Of lifecycle resources also `configuration` → `bodyField` parameters with
 * `source: request`: their `vendorName` plainly is a member of the answer (spec 11 §3.7).
 */
export function compileCaptures(parameters: readonly Parameter[], isLifecycle: boolean): Capture[] {
  return parameters
    .filter(
      ({ type, vendorType, source }) =>
        type === 'configuration' && (source === 'response' || (isLifecycle && vendorType === 'bodyField')),
    )
    .map(({ name, vendorName, vendorType }) => ({ key: name, read: reader(vendorType, vendorName.trim()) }))
}

function reader(vendorType: string, vendorName: string): Capture['read'] {
  if (vendorType === 'header') {
    const header = vendorName.toLowerCase()
    return ({ headers }) => [ownValue(headers, header)].flat()[0]
  }
  const path = parseRootPath(vendorName)
  return ({ raw }) => (path ? extractPath(raw, path) : undefined)
}
