import { isPart, type Part } from './part-kinds.ts'
import { writeElement } from './write-parts.ts'

/** Members that say where and when an element is stored; they mean nothing elsewhere. */
const STORED_MEMBERS = ['id', 'createdDate', 'updatedDate', 'ownerAccountId']

/**
 * What `GET /elements/{k}/export` gives (spec 10 §2.2): the element as its author wrote it, ready for `POST /elements`.
 * Ids are counted anew from 1, so that models can name each other and two exports of the same element are the same text.
 *
 * @param added keys of configuration rows that the platform added and will add again
 */
export function exportElement(document: Part, added: readonly string[] = []): Part {
  const rows = document['configuration']
  const kept = Array.isArray(rows) ? { configuration: rows.filter((row) => !isAdded(row, added)) } : {}
  let last = 0
  const numbered = writeElement({ ...document, ...kept }, undefined, { take: () => ++last })
  return Object.fromEntries(Object.entries(numbered).filter(([member]) => !STORED_MEMBERS.includes(member)))
}

function isAdded(row: unknown, added: readonly string[]): boolean {
  return isPart(row) && added.includes(String(row['key']))
}
