import type { Element, Hook, Parameter, Resource } from '../model/element.ts'
import { isSliceable } from './body/slice-json.ts'
import { compileCaptures } from './captures.ts'
import { compilePaging } from './compile-paging.ts'
import { compileParameters, compileWhere, parametersOf, tokensOf } from './compile-parameters.ts'
import { compileHook } from './hooks/compile-hook.ts'
import { compilePathTemplate } from './path-template.ts'
import type { PagingPlan, ResourcePlan } from './plan.ts'
import { hasGlobalHooks, hubPrefixOf, isCallable, isTokenCall, pathBelowHub, typeOf } from './resource-types.ts'
import { type RootPath, splitRootKey } from './root-path.ts'

/** One resource with the element-wide parameters and hooks that apply to it; its chain is linked later. */
export function compileResource(element: Element, resource: Resource): ResourcePlan {
  const label = `${resource.method} ${pathBelowHub(resource.path)}`
  const parameters = parametersOf(element, resource)
  const root = splitRootKey(resource.rootKey)
  const hooks = hooksOf(element, resource, label)
  const readsAnswer = hooks.globalPost !== undefined || hooks.resourcePost !== undefined
  const hasHooks = readsAnswer || hooks.pre.length > 0
  const paging = compilePaging(resource, parameters, hasHooks)
  const captures = compileCaptures(resource.parameters ?? [], !isCallable(resource))
  return {
    resource,
    label,
    hubPrefix: hubPrefixOf(resource.path) || `/hubs/${element.hub}`,
    vendorMethod: (resource.vendorMethod || resource.method).toUpperCase(),
    vendorPath: compilePathTemplate(resource.vendorPath ?? ''),
    applyParameters: compileParameters(parameters, label),
    where: compileWhere(parameters),
    paging,
    search: undefined,
    requestRoot: root.request,
    responseRoot: root.response,
    answersList: answersList(resource),
    answersFile: !readsAnswer && answersFile(resource),
    emptyIsList: answersList(resource) || (isCollection(resource) && root.response !== undefined),
    tokens: tokensOf(parameters),
    captures,
    hooks,
    hasHooks,
    addsCredentials: !isTokenCall(resource),
    chain: [],
    keepsText: !readsAnswer && captures.length === 0 && keepsText(root.response, paging),
    notExecutable: whyNotExecutable(element, resource),
  }
}

/** The root of the response model (spec 11 §8.1) is an array. */
function answersList({ method, model }: Resource): boolean {
  return method === 'GET' && model?.name !== undefined && model.swagger?.[model.name]?.type === 'array'
}

function answersFile({ method, model }: Resource): boolean {
  return method === 'GET' && model?.name !== undefined && model.swagger?.[model.name]?.type === 'file'
}

function isCollection({ method, path }: Resource): boolean {
  return method === 'GET' && !path.endsWith('}')
}

/** At most one hook per type and owner (spec 11 §6.1); order of spec 11 §6.5. */
function hooksOf(element: Element, resource: Resource, label: string): ResourcePlan['hooks'] {
  const of = (hooks: readonly Hook[] | undefined, type: string) => hooks?.find((hook) => hook.type === type)
  const wide = hasGlobalHooks(resource) ? element.hooks : []
  const pre = [
    compileHook(of(wide, 'preRequest'), `${label} (of the whole element)`),
    compileHook(of(resource.hooks, 'preRequest'), label),
  ]
  return {
    pre: pre.filter((hook) => hook !== undefined),
    globalPost: compileHook(of(wide, 'postRequest'), `${label} (of the whole element)`),
    resourcePost: compileHook(of(resource.hooks, 'postRequest'), label),
  }
}

/** Whether the records of an answer need no looking into: no page is cut, no cursor is among them. */
function keepsText(root: RootPath | undefined, { by, nextPageKey, hasMoreKey }: PagingPlan): boolean {
  if (by === 'platform' || !isSliceable(root)) return false
  const first = JSON.stringify(root?.steps[0])
  const looksAt = [...(nextPageKey?.paths ?? []), ...(hasMoreKey?.paths ?? [])]
  return looksAt.every((path) => root !== undefined && JSON.stringify(path.steps[0]) !== first)
}

/** What this version of the engine cannot run is refused when called, never run half. */
function whyNotExecutable(element: Element, resource: Resource): string | undefined {
  if (resource.kind === 'java') return 'built-in code of the original platform'
  if (typeOf(resource) === 'formulaAsResource') return 'a formula'
  if (element.protocolType === 'jdbc') return 'protocol jdbc'
  if (isStub(resource)) return 'the builder made it without a vendor call'
  return undefined
}

/** Pre-created by the builder and never finished (spec 11 §4.8). */
function isStub({ vendorPath, parameters = [], hooks = [] }: Resource): boolean {
  return !vendorPath && hooks.length === 0 && parameters.length > 0 && parameters.every(isUploadField)
}

function isUploadField({ type, vendorType }: Parameter): boolean {
  return type === 'multipart' && vendorType === 'form'
}
