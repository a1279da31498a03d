import Type from 'typebox'

export const IsoSeconds = Type.String({ format: 'date-time', examples: ['2019-04-02T10:11:12Z'] })

/** `2019-04-02T10:11:12Z` (spec 00 §13) */
export function isoSeconds(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`
}
