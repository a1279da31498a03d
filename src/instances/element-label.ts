import type { Element } from '../model/element.ts'

/** An element in metrics: shipped ones by key, all others together, because the number of labels must be bounded. */
export function elementLabel({ key, private: isPrivate }: Element): string {
  return isPrivate ? 'private' : key
}
