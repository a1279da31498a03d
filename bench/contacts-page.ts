const ITEMS = 25
const SELF = 'https://api.getbase.com/v2/contacts?page=1&per_page=25'

const FIRST_NAMES = ['Ada', 'Grace', 'Linus', 'Zoë', 'Edsger', 'Barbara', 'Donald', 'Søren', 'Margaret', 'Alan']
const LAST_NAMES = ['Lovelace', 'Hopper', 'Pauling', 'Müller', 'Dijkstra', 'Liskov', 'Knuth', 'Ørsted', 'Hamilton']
const CITIES = ['Kraków', 'San Francisco', 'Berlin', 'Austin', 'São Paulo', 'Leeds', 'Toronto']
const TITLES = ['Head of Purchasing', 'Chief Executive', 'Plant Manager', 'Office Manager', 'VP Sales']
const NOTE =
  'Met at the trade fair in spring; asked for a quote on the yearly plan and wants a call in the second week.'

type Contact = Record<string, unknown>

/** The page that the vendor answers, as it goes over the wire: Base's list envelope (spec 12 §3.2), always the same bytes. */
export function vendorPage(): Buffer {
  const items = contacts().map((data) => ({ data, meta: { type: 'contact', version: Number(data['id']) % 7 } }))
  const links = { self: SELF, next_page: SELF.replace('page=1', 'page=2') }
  return Buffer.from(JSON.stringify({ items, meta: { type: 'collection', count: ITEMS, links } }))
}

/** The same contacts as the hub must answer them: out of the envelope, without null members (spec 10 §4.5). */
export function expectedContacts(): Contact[] {
  return contacts().map((contact) => withoutNulls(contact) as Contact)
}

function contacts(): Contact[] {
  return Array.from({ length: ITEMS }, (_, index) => contact(index))
}

function contact(index: number): Contact {
  const first = pick(FIRST_NAMES, index)
  const last = pick(LAST_NAMES, index * 2)
  const isSparse = index % 3 === 0
  return {
    id: 204_103_000 + index * 37,
    creator_id: 1_202_800 + (index % 4),
    owner_id: 1_202_800 + (index % 5),
    is_organization: false,
    contact_id: isSparse ? null : 204_101_000 + index,
    parent_organization_id: null,
    name: `${first} ${last}`,
    first_name: first,
    last_name: last,
    customer_status: index % 4 === 0 ? 'current' : 'none',
    prospect_status: index % 4 === 1 ? 'current' : 'none',
    title: pick(TITLES, index),
    description: isSparse ? null : NOTE,
    industry: pick(['Manufacturing', 'Retail', 'Logistics', 'Software'], index),
    website: isSparse ? null : `https://www.company-${index}.example.com`,
    email: `${first}.${last}.${index}@example.com`.toLowerCase(),
    phone: `+1 512 555 01${String(index).padStart(2, '0')}`,
    mobile: isSparse ? null : `+1 512 555 02${String(index).padStart(2, '0')}`,
    fax: null,
    twitter: null,
    facebook: null,
    linkedin: isSparse ? null : `${first}-${last}-${index}`.toLowerCase(),
    skype: null,
    address: address(index, isSparse),
    billing_address: isSparse ? null : address(index + 1, false),
    shipping_address: null,
    tags: ['trade-fair', `segment-${index % 3}`, 'newsletter'].slice(0, 1 + (index % 3)),
    custom_fields: { customer_number: `C-${10_000 + index}`, credit_limit: 2_500 * (index + 1), region: null },
    created_at: `2024-03-${String(1 + index).padStart(2, '0')}T08:15:00Z`,
    updated_at: `2024-05-${String(1 + index).padStart(2, '0')}T16:40:30Z`,
  }
}

function address(index: number, isSparse: boolean): Record<string, string | null> {
  return {
    line1: `${100 + index} Market Street`,
    city: pick(CITIES, index),
    postal_code: String(10_000 + index * 91),
    state: isSparse ? null : 'TX',
    country: pick(['US', 'PL', 'DE', 'BR'], index),
  }
}

function pick(names: readonly string[], index: number): string {
  return names[index % names.length] ?? ''
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null)
      .map(([name, member]) => [name, withoutNulls(member)]),
  )
}
