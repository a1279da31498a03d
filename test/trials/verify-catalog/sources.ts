import { anyObject, type Checked, listOf, mapOf, refuseProblems, shape, text } from '../../../src/elements/shape.ts'

const reasons = mapOf(text())

const sourcesShape = shape(
  { openapiDirectory: listOf(shape({ document: text() }, { alsoAt: mapOf(text()) })) },
  { undescribed: reasons },
)

/** `catalog/<key>/sources.yaml`; docs/element-manifest.md explains its members. */
export type Sources = Checked<typeof sourcesShape>

/** @throws ValenceError MANIFEST_INVALID naming file, path and expectation */
export function readSources(value: unknown, file: string): Sources {
  refuseProblems(file, (report) => {
    anyObject(value, '', report)
  })
  refuseProblems(file, (report) => {
    sourcesShape(value, '', report)
  })
  return value as Sources
}
