import type { Element } from '../model/element.ts'
import { type Cache, createCache } from '../store/cache.ts'
import type { Store } from '../store/database.ts'
import { compileMapping } from '../transform/compile-mapping.ts'
import { createJsonSize } from '../transform/json-size.ts'
import type { Mapping } from '../transform/mapping.ts'
import { resolveTransformation } from '../transform/resolve-levels.ts'
import { COMMON_RESOURCE_TOPIC, isResourceChangeOf } from './change-resources.ts'
import { type DefaultTransformations, defaultTransformations } from './element-defaults.ts'
import { type AccountOwner, accountOwner, instanceOwner, type LevelOwner, levelsUpTo } from './level-owner.ts'
import { loadResources } from './load-resources.ts'
import { type MappedObject, mappedObjects, withDefinedTypes } from './mapped-objects.ts'
import { resourceDb } from './resource-table.ts'

/** For what a mapping is asked. An `Instance` with its element is one. */
export interface MappingOwner extends AccountOwner {
  /** undefined: what applies to the account's instances of the element, without their own level */
  instanceId: number | undefined
  element: Element
}

/** Which common names are mapped, compiled. At once, without a promise, where nothing has to be read. */
export interface Mappings {
  /** @returns undefined when the name is no common resource there, or nobody said what it stands for */
  of(owner: MappingOwner, objectName: string): Mapping | undefined | Promise<Mapping | undefined>
  all(owner: MappingOwner): readonly Mapping[] | Promise<readonly Mapping[]>
}

const MAX_ACCOUNTS = 2_000
const MAX_INSTANCES = 10_000
/** of what is kept of all accounts, and of all instances, about */
const MAX_CHARS = 64 * 1024 * 1024

type Objects = ReadonlyMap<string, MappedObject>

/** What levels say, and what was compiled of it. */
interface Said {
  organizationId: number
  objects: Objects
  /** about */
  chars: number
  /** by what it was compiled together with: changed elements and wider levels are other objects */
  compiled: WeakMap<object, CompiledSet>
}

/**
 * Mappings of instances, kept until a level of their organization changes. The levels of organization and account are kept, and compiled,
 * once for all instances of an account's element; what an instance says itself comes on top, where it says anything.
 */
export function createMappings(store: Pick<Store, 'db' | 'changes'>): Mappings {
  const cacheOf = (max: number): Cache<Said> =>
    createCache<Said>({
      changes: store.changes,
      topics: [COMMON_RESOURCE_TOPIC],
      max,
      sizeOf: ({ chars }) => chars,
      maxSize: MAX_CHARS,
      affects: ({ organizationId }, _topic, key) => isResourceChangeOf(key, organizationId),
    })
  const ofAccounts = cacheOf(MAX_ACCOUNTS)
  const ofInstances = cacheOf(MAX_INSTANCES)
  const keep = createKeep()

  return {
    of(owner, objectName) {
      const found = setOf(owner)
      return found instanceof Promise ? found.then((set) => set.of(objectName)) : found.of(objectName)
    },
    all(owner) {
      const found = setOf(owner)
      return found instanceof Promise ? found.then((set) => set.all()) : found.all()
    },
  }

  function setOf(owner: MappingOwner): CompiledSet | Promise<CompiledSet> {
    const wider = saidByAccount(owner)
    const own = saidByInstance(owner)
    if (wider instanceof Promise || own instanceof Promise) {
      return Promise.all([wider, own]).then(([wider, own]) => compiledOf(owner.element, wider, own, keep))
    }
    return compiledOf(owner.element, wider, own, keep)
  }

  function saidByAccount(owner: MappingOwner): Said | Promise<Said> {
    const { accountId, element } = owner
    return kept(ofAccounts, `${accountId} ${element.id}`, owner, () => levelsUpTo(accountOwner(owner)))
  }

  function saidByInstance(owner: MappingOwner): Said | undefined | Promise<Said> {
    const { accountId, instanceId, element } = owner
    if (instanceId === undefined) return undefined
    // a clone may take the place of the element (spec 10 §2.6)
    const key = `${accountId} ${instanceId} ${element.id}`
    return kept(ofInstances, key, owner, () => [instanceOwner({ ...owner, id: instanceId })])
  }

  function kept(
    cache: Cache<Said>,
    key: string,
    owner: MappingOwner,
    levels: () => LevelOwner[],
  ): Said | Promise<Said> {
    const load = async (): Promise<Said> => {
      const filter = { elementId: owner.element.id, levels: levels() }
      const resources = await loadResources(resourceDb(store), owner, filter)
      const objects = mappedObjects(resources)
      return { organizationId: owner.organizationId, objects, chars: charsOf(objects), compiled: new WeakMap() }
    }
    const found = cache.get(key, load)
    return found instanceof Promise ? found.then((said) => said ?? load()) : found
  }
}

function charsOf(objects: Objects): number {
  const size = createJsonSize(Number.POSITIVE_INFINITY)
  for (const object of objects.values()) size.add(object)
  return size.total()
}

function compiledOf(element: Element, wider: Said, own: Said | undefined, keep: Keep): CompiledSet {
  if (!own || own.objects.size === 0)
    return remembered(wider.compiled, element, () => createSet(element, wider.objects, keep))
  // an entry for each pair: one of the two may have been read before a change that the other knows
  return remembered(own.compiled, wider, () => createSet(element, joined(wider.objects, own.objects), keep), element)
}

/** Compiled when it is asked for the first time. */
interface CompiledSet {
  element: Element
  of(objectName: string): Mapping | undefined
  all(): readonly Mapping[]
}

function remembered(
  sets: WeakMap<object, CompiledSet>,
  key: object,
  make: () => CompiledSet,
  element: object = key,
): CompiledSet {
  const known = sets.get(key)
  if (known && known.element === element) return known
  const set = make()
  sets.set(key, set)
  return set
}

/** Of all that are compiled, the oldest go first; each character of a path takes some 500 bytes then. */
const MAX_COMPILED_CHARS = 1_000_000
const CHARS_OF_A_FIELD = 8

type Keep = (mapping: Mapping, forget: () => void) => void

function createKeep(): Keep {
  const kept = new Set<{ chars: number; forget: () => void }>()
  let total = 0
  return ({ fields }, forget) => {
    // one without fields takes room as well
    const chars = fields.reduce(
      (sum, field) => sum + field.path.length + field.vendorPath.length + CHARS_OF_A_FIELD,
      CHARS_OF_A_FIELD,
    )
    const own = { chars, forget }
    kept.add(own)
    total += chars
    for (const oldest of kept) {
      if (total <= MAX_COMPILED_CHARS || oldest === own) return
      kept.delete(oldest)
      total -= oldest.chars
      oldest.forget()
    }
  }
}

function createSet(element: Element, objects: Objects, keep: Keep): CompiledSet {
  const defaults = defaultTransformations(element)
  const compiled = new Map<string, Mapping | undefined>()
  const underWay = new Set<string>()
  const names = new Set([...defaults.keys(), ...objects.keys()])

  function of(objectName: string): Mapping | undefined {
    if (compiled.has(objectName)) return compiled.get(objectName)
    // a field may be of the type that it is in
    if (!names.has(objectName) || underWay.has(objectName)) return undefined
    underWay.add(objectName)
    const mapping = compile(objectName, defaults, objects.get(objectName), of)
    underWay.delete(objectName)
    compiled.set(objectName, mapping)
    if (mapping) keep(mapping, () => compiled.delete(objectName))
    return mapping
  }

  return { element, of, all: () => [...names].flatMap((name) => of(name) ?? []) }
}

function compile(
  objectName: string,
  defaults: DefaultTransformations,
  object: MappedObject | undefined,
  nested: (typeName: string) => Mapping | undefined,
): Mapping | undefined {
  const shipped = defaults.get(objectName)
  const effective = resolveTransformation(objectName, [...(shipped ? [shipped] : []), ...(object?.levels ?? [])])
  if (!effective?.vendorName) return undefined
  const fields = withDefinedTypes(effective.fields, object?.definitions ?? [])
  return compileMapping({ ...effective, fields }, nested)
}

function joined(wider: Objects, own: Objects): Objects {
  const objects = new Map(wider)
  for (const [name, { levels, definitions }] of own) {
    const above = wider.get(name)
    objects.set(name, {
      objectName: name,
      levels: [...(above?.levels ?? []), ...levels],
      definitions: [...(above?.definitions ?? []), ...definitions],
    })
  }
  return objects
}
