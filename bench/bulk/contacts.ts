import { createHash } from 'node:crypto'

/**
 * Contacts of the bench: each is computed from its number, so that whoever meets one knows what it must be, and nobody has to
 * keep a million of them.
 */
export type Contact = Record<string, unknown>

/** Base knows its contacts by numbers that begin somewhere. */
const FIRST_ID = 204_103_000

/** Texts that get lost on the way through files, one for each contact in turn. */
export const AWKWARD: readonly string[] = [
  'Met at the trade fair; wants a call in the second week.',
  '',
  ' ',
  ' leading and trailing ',
  'comma, semicolon; tab\tand | pipe',
  'She said "yes"',
  '"',
  '""',
  "O'Brien",
  'two\nlines',
  'two\r\nlines of another system',
  'a lone return\rhere',
  '\n',
  '\\n \\" \\u0041 C:\\new',
  'null',
  'true',
  '0',
  '-0.0',
  '007',
  '1e5',
  '9007199254740993',
  '2024-02-30',
  '=1+1',
  '+49 30 123456',
  '-5',
  '@SUM(A1)',
  '{"looks":"like JSON"}',
  '[1, 2]',
  'Zoë, Søren, Łódź, Ωmega, 東京, עברית, العربية',
  'e\u0301 is not \u00e9',
  '👩‍💻 and 𝒳 lie beyond the first plane',
  '\ufeffa mark in front',
  'zero\u200bwidth, no\u00a0break, \u2028line, \u2029paragraph',
  'bell\u0007 escape\u001b nul\u0000',
  '<a href="x">&amp;</a>',
  '# not a comment',
  'x'.repeat(2_000),
]

const FIRST_NAMES = ['Ada', 'Grace', 'Linus', 'Zoë', 'Edsger', 'Barbara', 'Donald', 'Søren', 'Margaret', 'Alan']
const LAST_NAMES = ['Lovelace', 'Hopper', 'Pauling', 'Müller', 'Dijkstra', 'Liskov', 'Knuth', 'Ørsted', 'Hamilton']
const CITIES = ['Kraków', 'San Francisco', 'Berlin', 'Austin', 'São Paulo', 'Leeds', 'Toronto']

/** As the vendor serves it. @param number from 0 */
export function contactAt(number: number): Contact {
  const company = number % 3 === 0 ? null : 204_101_000 + (number % 977)
  return {
    id: FIRST_ID + number,
    owner_id: 1_202_800 + (number % 5),
    is_organization: number % 11 === 0,
    contact_id: company,
    first_name: FIRST_NAMES[number % 10],
    last_name: LAST_NAMES[number % 9],
    title: number % 4 === 0 ? null : 'Head of Purchasing',
    description: AWKWARD[number % AWKWARD.length],
    email: `contact-${number}@example.com`,
    phone: `+1 512 555 ${String(number % 10_000).padStart(4, '0')}`,
    address: {
      line1: `${number} Market Street`,
      city: CITIES[number % 7],
      postal_code: String(number % 100_000),
      state: null,
    },
    created_at: `2024-03-${String(1 + (number % 28)).padStart(2, '0')}T08:15:00Z`,
    updated_at: '2024-05-02T16:40:30Z',
  }
}

/** As it must be in files and come back: members that are null are absent in this API (spec 10 §4.5). */
export function keptContact(number: number): Contact {
  const { address, ...rest } = contactAt(number)
  return { ...withoutNulls(rest), address: withoutNulls(address as Contact) }
}

/** @returns undefined when it is none of ours */
export function numberOf(contact: Contact): number | undefined {
  const found = /^contact-(\d{1,9})@example\.com$/.exec(String(contact['email']))
  return found ? Number(found[1]) : undefined
}

/** The same text for the same members, in whatever order they came. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  )
}

/** SHA-256 of many rows, in whatever order they come: the digests of all, each bit added without carry. */
export function createRowDigest(): { add(contact: Contact): void; hex(): string } {
  const sum = Buffer.alloc(32)
  return {
    add(contact) {
      const one = createHash('sha256').update(canonical(contact)).digest()
      for (let at = 0; at < sum.length; at++) sum[at] = (sum[at] ?? 0) ^ (one[at] ?? 0)
    },
    hex: () => sum.toString('hex'),
  }
}

/** Digest of the contacts with the numbers 0 … `rows` - 1, as they must come back. */
export function digestOf(rows: number): string {
  const digest = createRowDigest()
  for (let number = 0; number < rows; number++) digest.add(keptContact(number))
  return digest.hex()
}

function withoutNulls(members: Contact): Contact {
  return Object.fromEntries(Object.entries(members).filter(([, member]) => member !== null))
}
