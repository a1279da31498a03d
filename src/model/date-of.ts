import Type from 'typebox'

export const DateOnly = Type.String({ format: 'date', examples: ['2019-04-02'] })

/** A date without time, as accounts and users have them: "2019-04-02", UTC (spec 00 §13). */
export function dateOf(time: Date): string {
  return time.toISOString().slice(0, 10)
}
