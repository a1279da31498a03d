import type { Reply } from './call.ts'
import type { ResourcePlan } from './resource-plan.ts'
import type { Row } from './simulation.ts'
import type { VendorRoute } from './vendor-route.ts'
import type { VendorState } from './vendor-state.ts'

const MAX_NAME = 100

/** A download: the name and type of what was uploaded, and bytes that say what they are, since none were kept. */
export function fileReply({
  route,
  resource,
  state,
  parent,
  id,
}: {
  route: VendorRoute
  resource: ResourcePlan
  state: VendorState
  parent: string
  id: string
}): Reply {
  const row = state.find(resource, parent, id) ?? state.rows(resource, parent)[0] ?? {}
  const file = uploadedFile(row)
  const declared = route.served?.resource.response?.contentType
  const type = file.type ?? (declared && !/json|xml/i.test(declared) ? declared : 'application/octet-stream')
  const name = (file.name ?? `${resource.type}-${id || 1}.bin`).replace(/[^\w. -]/g, '_').slice(0, MAX_NAME)
  return {
    status: 200,
    headers: {
      'content-type': /^[\w.+-]+\/[\w.+-]+/.test(type) ? type : 'application/octet-stream',
      'content-disposition': `attachment; filename="${name}"`,
    },
    body: Buffer.from(`Simulated content of ${name}\n`),
  }
}

/** What a row keeps of an upload, see `derivedRow`. */
function uploadedFile(row: Row): { name?: string; type?: string } {
  for (const value of Object.values(row)) {
    if (typeof value !== 'object' || value === null || !('size' in value) || !('type' in value)) continue
    const { name, type } = value as { name?: unknown; type?: unknown }
    return {
      ...(typeof name === 'string' ? { name } : {}),
      ...(typeof type === 'string' && type !== '' ? { type } : {}),
    }
  }
  return {}
}
