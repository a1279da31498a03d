import type { Hub } from '../model/element.ts'
import { type Checked, integer, listOf, type Report, refuseProblems, shape, text } from './shape.ts'

const hubsShape = listOf(
  shape(
    {
      id: integer,
      key: text(/^[a-z][a-z0-9-]*$/, 'lower-case letters, digits and dashes'),
      name: text(),
      description: text(),
    },
    { resources: listOf(text()), videoLink: text() },
  ),
)

// What the builder pre-creates for a new element (spec 12 §1) beside the resources of the hub; every hub has them.
export const COMMON_RESOURCES = ['objects', 'ping']

/**
 * The hubs of one `hubs.yaml`.
 * @throws ValenceError MANIFEST_INVALID, one line per problem
 */
export function readHubs(value: unknown, source: string): Hub[] {
  refuseProblems(source, (report) => {
    hubsShape(value, '', report)
    refuseReserved(value, report)
  })
  return (value as Checked<typeof hubsShape>).map((hub) =>
    Object.freeze({
      id: hub.id,
      name: hub.name,
      key: hub.key,
      description: hub.description,
      ...(hub.videoLink === undefined ? {} : { videoLink: hub.videoLink }),
      active: true,
      resources: [...(hub.resources ?? []), ...COMMON_RESOURCES],
    }),
  )
}

/** `/hubs/keys` is a platform path (spec 10 §3). */
function refuseReserved(value: unknown, report: Report): void {
  if (!Array.isArray(value)) return
  value.forEach((hub, index) => {
    if (hub?.key === 'keys') report(`[${index}].key`, 'a key other than the path word "keys"', 'keys')
  })
}
