import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AWKWARD, type Contact, keptContact } from './contacts.ts'

const COLUMNS = [
  ...['id', 'owner_id', 'is_organization', 'contact_id', 'first_name', 'last_name', 'title', 'description', 'email'],
  ...['phone', 'address.line1', 'address.city', 'address.postal_code', 'created_at', 'updated_at'],
]

/** All contacts in a file that is made by somebody else than the hub, to be uploaded. */
export async function writeContacts(file: string, format: 'csv' | 'jsonl', rows: number): Promise<void> {
  async function* chunks() {
    if (format === 'csv') yield `${COLUMNS.join(',')}\r\n`
    for (let from = 0; from < rows; from += AWKWARD.length) {
      const numbers = Array.from({ length: Math.min(AWKWARD.length, rows - from) }, (_, at) => from + at)
      const contacts = numbers.map(keptContact)
      yield contacts.map(format === 'csv' ? csvRow : jsonRow).join('')
    }
  }
  await pipeline(Readable.from(chunks()), createWriteStream(file))
}

function jsonRow(contact: Contact): string {
  return `${JSON.stringify(contact)}\n`
}

/** A member that is absent is a cell without anything, an empty text one with quotes. */
function csvRow(contact: Contact): string {
  const cells = COLUMNS.map((column) => {
    const [outer = '', inner] = column.split('.')
    const value = inner === undefined ? contact[outer] : (contact[outer] as Contact)[inner]
    if (value === undefined) return ''
    const text = String(value)
    return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  })
  return `${cells.join(',')}\r\n`
}
