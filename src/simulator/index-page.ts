import { jsonReply, type Reply } from './call.ts'
import type { VendorDirectory } from './vendor-directory.ts'

/** `GET /` shows the vendors; any other path that leads to none says how paths begin. */
export function indexPage(vendors: VendorDirectory, path: string): Reply {
  if (path !== '/') {
    const beginnings = vendors.names().map((name) => `/${name}/`)
    return jsonReply(404, { message: `no vendor at "${path}"; paths start with ${beginnings.join(', ')}` })
  }
  const served = vendors.all().map((vendor) => {
    const { key, name } = vendor
    return [key, { name, origins: vendors.origins(key), paths: vendor.paths() }] as const
  })
  return jsonReply(200, {
    message: 'Simulated vendors, for development only',
    vendors: Object.fromEntries(served),
  })
}
