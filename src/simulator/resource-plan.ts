import type { Element, Resource } from '../model/element.ts'
import { type AnswerShape, answerShape } from './answer-shape.ts'
import { type DressRow, rowDresser } from './dress-row.ts'
import type { Placed } from './place-resource.ts'
import { requestPart } from './response-model.ts'
import type { ModelPart } from './schema-parts.ts'
import type { ResourceRules, Row, Simulation } from './simulation.ts'
import { type Fields, vendorFields } from './vendor-fields.ts'
import { type VendorPaging, vendorPaging } from './vendor-paging.ts'
import { type VendorPath, vendorPath } from './vendor-path.ts'

/** One collection of rows, or one thing, that a vendor keeps. */
export interface ResourcePlan {
  name: string
  /** word for one row: `contact` */
  type: string
  collection: VendorPath
  /** simulation.yaml says what it is like: what it leaves out does not exist, and what is written is checked */
  isDeclared: boolean
  single: boolean
  idField: string
  ids: 'integer' | 'text' | 'uuid'
  fields: Fields
  keepUnknown: boolean
  /** of the paths that simulation.yaml promises */
  paging: VendorPaging
  shape: AnswerShape | undefined
  sort: {
    parameter: string | undefined
    /** a parameter of its own says `desc` */
    direction: string | undefined
    grammar: 'colon' | 'space' | 'minus' | 'any'
    default: string | undefined
  }
  /** undefined: every field filters */
  filters: Set<string> | undefined
  /** filters that apply unless the caller gives them, or ids */
  filterDefaults: Record<string, string>
  /** full-text parameters: parameter → field */
  search: Record<string, string>
  samples: { count: number; fields?: Record<string, unknown> }[]
  /** rows that the element's author shows, the first ones */
  shown: Row[]
  fixtures: Row[] | undefined
  /** members of a row that are rows of other resources: those whose field `by` names it */
  holds: ResourceRules['holds']
  /** no credentials are asked for: they are obtained here */
  isOpen: boolean
  /** what statements and descriptions call it */
  object: string | undefined
  /** `#####` is where the number stands: `003########AAA` */
  idFormat: string | undefined
  finder: ResourceRules['find']
  select: ResourceRules['select']
  dress: DressRow
  writes: NonNullable<ResourceRules['writes']>
  /** one path for statements about all collections */
  statement: ResourceRules['statement']
  /** it has no rows of its own: those of another collection whose field is the id above */
  shows: ResourceRules['shows']
  /** a path that tells about fields */
  describes: ResourceRules['describes']
}

/** What is known of a collection while the resources are gone through. */
export interface ResourceDraft {
  name: string
  path: string
  placed: Placed[]
  single: boolean
  rules: ResourceRules
  isDeclared: boolean
}

const ROWS = 30
const ROWS_BELOW = 5
const NO_READS = { members: [], headers: [] }

export function buildResource(draft: ResourceDraft, element: Element, simulation: Simulation): ResourcePlan {
  const { rules, placed } = draft
  const list = firstOf(placed, 'list')
  const leading = list ?? firstOf(placed, 'read') ?? placed[0]
  const shown = leading?.served.model.samples ?? []
  const fields = vendorFields(rowParts(placed), shown, rules.fields)
  const sort = { ...simulation.sort, ...rules.sort }
  const idField = rules.id ?? findIdField(fields)
  const collection = collectionOf(draft.path)
  const type = rules.type ?? singular(draft.name.split('.').at(-1) ?? draft.name)
  return {
    name: draft.name,
    type,
    collection,
    isDeclared: draft.isDeclared,
    single: draft.single,
    idField,
    ids:
      rules.ids ??
      (rules.idFormat ? 'text' : undefined) ??
      (fields.get(idField)?.type === 'string' ? 'text' : 'integer'),
    fields,
    keepUnknown: (rules.unknownFields ?? (rules.fields ? 'drop' : 'keep')) === 'keep',
    paging: vendorPaging(element, list?.served.resource, simulation, rules),
    shape: leading && answerShape(leading.served, element, NO_READS),
    sort: {
      parameter: sort.parameter ?? sortParameter(list?.served.resource),
      direction: sort.direction,
      grammar: sort.grammar ?? 'any',
      default: sort.default,
    },
    filters: rules.filters ? new Set(rules.filters) : undefined,
    filterDefaults: rules.filterDefaults ?? {},
    search: rules.search ?? {},
    samples: rules.samples ??
      (rules.statement || rules.describes || rules.shows ? [] : undefined) ?? [
        { count: draft.single ? 1 : collection.variableCount > 0 ? ROWS_BELOW : ROWS },
      ],
    shown,
    fixtures: simulation.fixtures?.[draft.name],
    holds: rules.holds,
    isOpen: rules.open ?? false,
    object: rules.object,
    idFormat: rules.idFormat,
    finder: rules.find,
    select: rules.select,
    dress: rowDresser(rules, type),
    writes: { ...simulation.writes, ...rules.writes },
    statement: rules.statement,
    describes: rules.describes,
    shows: rules.shows,
  }
}

/** A collection that no path tells apart has no path. */
function collectionOf(path: string): VendorPath {
  return path.startsWith('#') ? { ...vendorPath(''), key: path } : vendorPath(path)
}

function firstOf(placed: readonly Placed[], operation: Placed['operation']): Placed | undefined {
  return placed.find((one) => one.operation === operation)
}

const READ_FIRST = ['list', 'read', 'self', 'single', 'create', 'update', 'upsert', 'delete']

/** What lists say of a row comes first, then what is read alone, then what is written. */
function rowParts(placed: readonly Placed[]): ModelPart[] {
  const byTrust = placed.toSorted((a, b) => READ_FIRST.indexOf(a.operation) - READ_FIRST.indexOf(b.operation))
  const told = byTrust.filter(({ operation }) => operation !== 'delete')
  const answers = told.map(({ served }) => served.model.row)
  const requests = told.map(({ served }) => requestPart(served.resource))
  return [...answers, ...requests].filter((part) => part !== undefined)
}

function sortParameter(list: Resource | undefined): string | undefined {
  return list?.parameters?.find(({ name, vendorType }) => name === 'orderBy' && vendorType === 'query')?.vendorName
}

function findIdField(fields: Fields): string {
  const names = [...fields.keys()]
  return (
    names.find((name) => name === 'id') ??
    names.find((name) => /^(_?id|uuid|key|gid|.*_id|.*Id|ID)$/.test(name)) ??
    'id'
  )
}

/** `contacts` → `contact`, `companies` → `company`, `statuses` → `status` */
export function singular(word: string): string {
  if (/ies$/i.test(word)) return word.replace(/ies$/i, 'y')
  if (/(ss|sh|ch|x|us)es$/i.test(word)) return word.slice(0, -2)
  return /[^s]s$/i.test(word) ? word.slice(0, -1) : word
}
