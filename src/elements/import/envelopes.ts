import type { Schema } from '../../model/element.ts'
import { singular } from './nouns.ts'
import { definitionOf, isObjectSchema, isRecordList, propertiesOf, resolved } from './schemas.ts'
import type { Definitions } from './vendor-api.ts'

/** What stands around the records of an answer, and what is in it. */
export interface Envelope {
  isList: boolean
  /** members that lead to the content; empty when nothing stands around it */
  path: string[]
  schema: Schema | undefined
}

/** Members that accompany records and are no records: paging, status, links. */
const COMPANIONS =
  /^(_?links?|_?meta(data)?|paging|pagination|pager?|page_?info|cursors?|total.*|.*_?count|count.*|size|limit|offset|skip|start.*|per_?page|page.*|.*page|next.*|prev.*|has_?.*|is_?(last|first|success|ok|truncated).*|more|first|last|self|href|url|uri|object|kind|type|etag|status(_?code)?|success|ok|code|msg|message|errors?|warnings?|messages|request_?id|response_?metadata|schemas|included|jsonapi|timestamp|time|took|took_?ms|version|api_?version|@.*|odata.*|\$.*|queries|query|sort.*|order.*|filters?|aggregations?|facets)$/i

const LIST_NAMES =
  /^(data|items|results?|values?|records|entries|rows|list|elements|objects|content|collection|resources|hits|edges|nodes|response|payload|docs|documents)$/i
const SINGLE_NAMES = /^(data|result|response|item|value|record|entry|payload|content|body|d)$/i

/**
 * The list inside an answer: the answer itself, its only list of objects, or the one that has a list's or the resource's
 * name; one object around it is looked through as well. What stands beside a list must look like paging or status, or
 * carry a name like `data`, else a single contact with a list of addresses would be taken for addresses.
 *
 * @param noun last word of the path, `contacts`
 */
export function listEnvelope(answer: Schema | undefined, noun: string, definitions: Definitions): Envelope | undefined {
  if (resolved(answer, definitions)?.type === 'array') return { isList: true, path: [], schema: answer }
  const direct = listMember(answer, noun, definitions)
  if (direct) return { isList: true, path: [direct.name], schema: direct.schema }
  const outer = wrapperMember(answer, noun, definitions)
  if (!outer) return undefined
  const inner = listMember(outer.schema, noun, definitions)
  return inner && { isList: true, path: [outer.name, inner.name], schema: inner.schema }
}

interface Member {
  name: string
  schema: Schema
}

function listMember(schema: Schema | undefined, noun: string, definitions: Definitions): Member | undefined {
  const members = propertiesOf(schema, definitions)
  const lists = members
    .map(([name, property]) => ({ name, schema: property }))
    .filter((member) => isUsable(member.name) && isRecordList(member.schema, definitions))
  const named = lists.find(({ name }) => isSameNoun(name, noun)) ?? lists.find(({ name }) => LIST_NAMES.test(name))
  const others = members.filter(([name]) => !lists.some((list) => list.name === name))
  const accompanied = others.every(([name]) => COMPANIONS.test(name))
  const records = lists.filter(({ name }) => !COMPANIONS.test(name))
  if (named && (accompanied || others.length <= 2)) return named
  return accompanied && records.length === 1 ? records[0] : undefined
}

/**
 * The object inside an answer about one thing: `{ "data": {…}, "status": "ok" }`, `{ "contact": {…} }`.
 */
export function singleEnvelope(answer: Schema | undefined, noun: string, definitions: Definitions): Envelope {
  const wrapper = wrapperMember(answer, noun, definitions)
  return wrapper
    ? { isList: false, path: [wrapper.name], schema: wrapper.schema }
    : { isList: false, path: [], schema: answer }
}

/**
 * The member that a request puts its content into: the only one, an object, named like the resource or `data`.
 */
export function requestEnvelope(body: Schema | undefined, noun: string, definitions: Definitions): Envelope {
  const members = propertiesOf(body, definitions)
  const [name = '', schema] = members[0] ?? []
  const wraps =
    members.length === 1 &&
    isUsable(name) &&
    isObjectSchema(schema, definitions) &&
    namesContent(name, noun, schema, definitions)
  return wraps ? { isList: false, path: [name], schema } : { isList: false, path: [], schema: body }
}

function wrapperMember(schema: Schema | undefined, noun: string, definitions: Definitions): Member | undefined {
  const members = propertiesOf(schema, definitions)
  const content = members.filter(([name]) => !COMPANIONS.test(name) || SINGLE_NAMES.test(name))
  const [name = '', inner] = content[0] ?? []
  if (content.length !== 1 || !inner || !isUsable(name) || !isObjectSchema(inner, definitions)) return undefined
  return namesContent(name, noun, inner, definitions) ? { name, schema: inner } : undefined
}

function namesContent(name: string, noun: string, schema: Schema | undefined, definitions: Definitions): boolean {
  const definition = definitionOf(schema, definitions)
  return SINGLE_NAMES.test(name) || isSameNoun(name, noun) || (definition !== undefined && isSameNoun(name, definition))
}

function isSameNoun(name: string, noun: string): boolean {
  const letters = (text: string) => singular(text.toLowerCase().replace(/[^a-z0-9]/g, ''))
  return letters(name) !== '' && letters(name) === letters(noun)
}

/** A root key splits at dots, bars and brackets (spec 11 §4.4). */
function isUsable(name: string): boolean {
  return /^[\w:@$-]+$/.test(name)
}
