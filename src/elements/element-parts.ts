import { ValenceError } from '../errors.ts'
import type { Caller } from '../model/account.ts'
import type { Element } from '../model/element.ts'
import { checkPart } from './check-element.ts'
import type { ElementEntry } from './directory.ts'
import { type Edit, type Edited, editElement, editExtension } from './edit-element.ts'
import type { ElementContext } from './element-context.ts'
import { ELEMENT_PARTS, type Part, type PartKind, partKind, partsOf, textOf } from './part-kinds.ts'
import { PART_RULES } from './part-rules.ts'
import { writePart } from './write-parts.ts'

/**
 * The parts of an element one by one (spec 10 §2.2, §2.5): configuration, parameters, hooks, resources with theirs,
 * objects and models. One set of functions for all; what differs is in `part-kinds.ts` and `part-rules.ts`.
 */

/** `['resources', '7', 'hooks', '9']`: members and addresses from the element down; the last address is absent for a list. */
export type PartPath = readonly string[]

interface Step {
  kind: PartKind
  /** id, or key of a configuration row; undefined for the list itself, and for the one part of a `single` kind */
  address: string | undefined
}

/** @throws ValenceError NOT_FOUND when a part on the way does not exist */
export async function listParts(
  context: ElementContext,
  caller: Caller | undefined,
  keyOrId: string,
  path: PartPath,
): Promise<readonly Part[]> {
  const { element } = await context.elements.require(caller, keyOrId)
  const { owner, step } = descend(element, stepsOf(path))
  return partsOf(owner, step.kind)
}

/** @throws ValenceError NOT_FOUND */
export async function readPart(
  context: ElementContext,
  caller: Caller | undefined,
  keyOrId: string,
  path: PartPath,
): Promise<Part> {
  const { element } = await context.elements.require(caller, keyOrId)
  return findPart(element, path)
}

/** @throws ValenceError BODY_INVALID, ALREADY_EXISTS (409), PARAMETER_INVALID for a reserved key */
export async function createPart(
  context: ElementContext,
  caller: Caller,
  keyOrId: string,
  path: PartPath,
  body: Part,
): Promise<Part> {
  const { steps, kind, rules } = listOf(path)
  checkPart(kind, body)
  rules.create?.(body)
  const { entry, result } = await editParts(context, caller, keyOrId, path, (locked, pen) => {
    const part = rules.prepare?.(body, textOf(locked.document, 'hub')) ?? body
    const edited = change(locked.document, steps, (siblings) => {
      if (kind.isUnique && !kind.single) assertUnique(kind, part, siblings)
      return kind.single
        ? [writePart(kind, part, siblings[0], pen)]
        : [...siblings, writePart(kind, part, undefined, pen)]
    })
    return { ...edited, result: edited.changed }
  })
  return findPart(entry.element, [...path, addressOf(kind, result)])
}

/** Members that the body lacks stay (spec 00 §4). @throws ValenceError NOT_FOUND, BODY_INVALID, ALREADY_EXISTS */
export async function replacePart(
  context: ElementContext,
  caller: Caller,
  keyOrId: string,
  path: PartPath,
  body: Part,
): Promise<Part> {
  const { steps, kind, rules } = listOf(path)
  const { entry, result } = await editParts(context, caller, keyOrId, path, (locked, pen) => {
    const hub = textOf(locked.document, 'hub')
    const edited = changeOne(locked.document, steps, (before, siblings) => {
      const merged = { ...before, ...body }
      const part = rules.prepare?.(merged, hub) ?? merged
      checkPart(kind, part)
      rules.replace?.(before, part)
      if (kind.isUnique && !kind.single)
        assertUnique(
          kind,
          part,
          siblings.filter((sibling) => sibling !== before),
        )
      return [writePart(kind, part, before, pen)]
    })
    return { ...edited, added: locked.added.filter((key) => !touches(path, key)), result: edited.changed }
  })
  return findPart(entry.element, [...path.slice(0, steps.length * 2 - 1), addressOf(kind, result)])
}

/** @throws ValenceError NOT_FOUND */
export async function removePart(
  context: ElementContext,
  caller: Caller,
  keyOrId: string,
  path: PartPath,
): Promise<void> {
  const { steps, rules } = listOf(path)
  await editParts(context, caller, keyOrId, path, (locked) => {
    const edited = changeOne(locked.document, steps, (before) => {
      rules.remove?.(before)
      return []
    })
    return { ...edited, added: locked.added.filter((key) => !touches(path, key)), result: undefined }
  })
}

/**
 * Own elements are edited themselves. Of a shipped one the account may add resources, and change those that it added;
 * whatever else is a part of it answers 404 (spec 10 §1.2, §2.5).
 */
export async function editParts<T>(
  context: ElementContext,
  caller: Caller,
  keyOrId: string,
  path: PartPath,
  edit: Edit<T>,
): Promise<Edited<T>> {
  const { element, owner }: ElementEntry = await context.elements.require(caller, keyOrId)
  if (owner) return editElement(context, caller, 'elements.update', keyOrId, edit)
  if (path[0] !== 'resources') throw isShipped(element, path)
  return editExtension(context, caller, element, (locked, pen) => {
    const known =
      path[1] === undefined || partsOf(locked.document, RESOURCES).some((it) => String(it['id']) === path[1])
    if (!known) throw isShipped(element, path)
    return edit({ ...locked, document: { hub: element.hub, ...locked.document } }, pen)
  })
}

const RESOURCES = partKind(ELEMENT_PARTS, 'resources')

function isShipped({ name, key }: Element, path: PartPath): ValenceError {
  return new ValenceError(
    'NOT_FOUND',
    `${name} has no ${path.join('/')} of this account; what came with Valence is changed in a clone (POST /elements/${key}/clone)`,
  )
}

function touches(path: PartPath, key: string): boolean {
  return path[0] === 'configuration' && path[1] === key
}

function stepsOf(path: PartPath): Step[] {
  const steps: Step[] = []
  let kinds = ELEMENT_PARTS
  for (let at = 0; at < path.length; at += 2) {
    const kind = partKind(kinds, path[at] ?? '')
    steps.push({ kind, address: path[at + 1] })
    kinds = kind.parts
  }
  return steps
}

/** The list that a path ends in, with what is special about it. */
function listOf(path: PartPath) {
  const steps = stepsOf(path)
  const { kind } = last(steps)
  return { steps, kind, rules: PART_RULES[kind.member] ?? {} }
}

function last(steps: readonly Step[]): Step {
  const step = steps.at(-1)
  if (!step) throw new Error('a path of parts names at least one')
  return step
}

/** The owner of the last step's parts. */
function descend(element: Part, steps: readonly Step[]): { owner: Part; step: Step } {
  let owner = element
  for (const step of steps.slice(0, -1)) owner = pick(owner, step)
  return { owner, step: last(steps) }
}

function findPart(element: Element, path: PartPath): Part {
  const { owner, step } = descend(element, stepsOf(path))
  return pick(owner, step)
}

function pick(owner: Part, step: Step): Part {
  const found = partsOf(owner, step.kind).find((part) => isAt(part, step))
  if (!found) throw notFound(step)
  return found
}

function isAt(part: Part, { kind, address }: Step): boolean {
  return kind.single === true || addressOf(kind, part) === address
}

function addressOf(kind: PartKind, part: Part | undefined): string {
  return String(part?.[kind.member === 'configuration' ? 'key' : 'id'])
}

function notFound({ kind, address }: Step): ValenceError {
  return new ValenceError('NOT_FOUND', `There is no ${kind.noun}${address === undefined ? '' : ` "${address}"`} here`)
}

function assertUnique(kind: PartKind, part: Part, siblings: readonly Part[]): void {
  const identity = kind.identity(part)
  const other = siblings.find((sibling) => kind.identity(sibling) === identity)
  if (other) {
    throw new ValenceError('ALREADY_EXISTS', `There is such a ${kind.noun} already: ${addressOf(kind, other)}`)
  }
}

/** A copy of the document in which the last step's list is what `edit` makes of it, and the part that came last in it. */
function change(
  document: Part,
  steps: readonly Step[],
  edit: (parts: readonly Part[]) => Part[],
): { document: Part; changed: Part | undefined } {
  const [step, ...below] = steps
  if (!step) throw new Error('a path of parts names at least one')
  const parts = partsOf(document, step.kind)
  if (below.length === 0) {
    const edited = edit(parts)
    return { document: withParts(document, step.kind, edited), changed: edited.at(-1) }
  }
  const owner = pick(document, step)
  const inner = change(owner, below, edit)
  const next = parts.map((part) => (part === owner ? inner.document : part))
  return { document: withParts(document, step.kind, next), changed: inner.changed }
}

/** The same for one part of the list: it becomes what `edit` returns, in its place, or goes. */
function changeOne(
  document: Part,
  steps: readonly Step[],
  edit: (part: Part, siblings: readonly Part[]) => readonly Part[],
): { document: Part; changed: Part | undefined } {
  let changed: Part | undefined
  const { document: next } = change(document, steps, (parts) => {
    const at = parts.findIndex((part) => isAt(part, last(steps)))
    const before = parts[at]
    if (!before) throw notFound(last(steps))
    const edited = edit(before, parts)
    changed = edited[0]
    return parts.toSpliced(at, 1, ...edited)
  })
  return { document: next, changed }
}

function withParts(owner: Part, { member, single }: PartKind, parts: readonly Part[]): Part {
  if (!single) return { ...owner, [member]: parts }
  const { [member]: _before, ...rest } = owner
  return parts[0] ? { ...rest, [member]: parts[0] } : rest
}
