import type { Call } from './call.ts'
import type { Vendor } from './vendor.ts'
import type { VendorDirectory } from './vendor-directory.ts'

/** `/base/v2/contacts` → vendor `base`, `/v2/contacts`; without the name when only one is served */
export function locateVendor(vendors: VendorDirectory, path: string): { vendor: Vendor; path: string } | undefined {
  const end = path.indexOf('/', 1)
  const first = vendors.find(end < 0 ? path.slice(1) : path.slice(1, end))
  if (first) return { vendor: first, path: end < 0 ? '/' : path.slice(end) }
  const [only, second] = vendors.names()
  const vendor = second === undefined && only !== undefined && path !== '/' ? vendors.find(only) : undefined
  return vendor && { vendor, path }
}

/** The origin map names one vendor of several on a host: the first that has the path and takes the credentials answers. */
export function chooseVendor(vendors: VendorDirectory, named: Vendor, call: Call): Vendor {
  const others = vendors.relatives(named.key)
  if (others.length === 0) return named
  const judged = [named, ...others].map((vendor) => ({ vendor, ...vendor.judge(call) }))
  const serving = judged.filter(({ serves }) => serves)
  return (serving.find(({ admits }) => admits) ?? serving[0])?.vendor ?? named
}
