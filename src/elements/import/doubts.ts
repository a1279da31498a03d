import Type, { type Static } from 'typebox'

/** What the author of an imported element should check. */
export const Doubt = Type.Object(
  {
    place: Type.String({ description: 'Where in the document: `GET /contacts`, `security`, `servers`' }),
    message: Type.String(),
  },
  { title: 'ImportDoubt' },
)
export type Doubt = Static<typeof Doubt>

export type Doubtful = (place: string, message: string) => void

/** So many places are named in one doubt. */
const NAMED_PLACES = 5
const MOST_DOUBTS = 200

/** Collects doubts; those that say the same of several places become one. */
export function createDoubts(): { doubt: Doubtful; all(): Doubt[] } {
  const places = new Map<string, Set<string>>()
  return {
    doubt: (place, message) => {
      const known = places.get(message)
      if (known) known.add(place)
      else if (places.size < MOST_DOUBTS) places.set(message, new Set([place]))
    },
    all: () => [...places].map(([message, named]) => ({ place: listed([...named]), message })),
  }
}

function listed(places: readonly string[]): string {
  const rest = places.length - NAMED_PLACES
  return places.slice(0, NAMED_PLACES).join(', ') + (rest > 0 ? ` and ${rest} more` : '')
}
