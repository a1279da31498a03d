import type { Element } from '../model/element.ts'

/** Members of the element inside an instance (spec 10 §4.1, row `element`); absent ones stay absent. */
const INSTANCE_MEMBERS = [
  'id',
  'name',
  'hookName',
  'key',
  'description',
  'image',
  'logo',
  'active',
  'deleted',
  'typeOauth',
  'trialAccount',
  'configDescription',
  'signupURL',
  'defaultTransformations',
  'objectMetadata',
  'transformationsEnabled',
  'bulkDownloadEnabled',
  'bulkUploadEnabled',
  'cloneable',
  'extendable',
  'beta',
  'authentication',
  'extended',
  'hub',
  'protocolType',
] as const

/** What a short object leaves out (spec 10 §2.3). */
export const LONG_MEMBERS: readonly string[] = [
  'configuration',
  'resources',
  'parameters',
  'hooks',
  'objects',
  'models',
  'objectMetadata',
  'defaultTransformations',
]

/** The element as an instance shows it: no resources, configuration or hooks, `parameters` always empty (spec 10 §4.1). */
export const toInstanceElement = rememberedView((element) => ({
  ...Object.fromEntries(
    INSTANCE_MEMBERS.filter((name) => element[name] !== undefined).map((name) => [name, element[name]]),
  ),
  parameters: [],
  private: element.private ?? false,
}))

/** The short object of `abridged=true` (spec 10 §2.3): every member that is no long list. */
export const toAbridged = rememberedView((element) =>
  Object.fromEntries(Object.entries(element).filter(([name]) => !LONG_MEMBERS.includes(name))),
)

export type ElementView = Readonly<Record<string, unknown>>

/** Elements never change once expanded, so each view of one is made a single time and handed out as the same object. */
function rememberedView(make: (element: Element) => Record<string, unknown>): (element: Element) => ElementView {
  const views = new WeakMap<Element, ElementView>()
  return (element) => {
    const view = views.get(element) ?? Object.freeze(make(element))
    views.set(element, view)
    return view
  }
}
