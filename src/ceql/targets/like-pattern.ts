import { ValenceError } from '../../errors.ts'
import type { Comparison } from '../ast.ts'

export type LikePattern = { kind: 'equals' | 'contains' | 'startsWith' | 'endsWith'; text: string }

/**
 * What a LIKE pattern asks for, when % stands only at its ends, which is all that vendors' filters can say.
 * @throws ValenceError QUERY_INVALID for % between other characters
 */
export function likePattern({ attribute, value }: Pick<Comparison, 'attribute' | 'value'>): LikePattern {
  const [, before, text, after] = /^(%*)([^%]*)(%*)$/.exec(value.text) ?? []
  if (text === undefined) {
    throw new ValenceError(
      'QUERY_INVALID',
      `${attribute} LIKE '${value.text}': this vendor's filter takes % only at the start or the end of the pattern`,
    )
  }
  if (!before && !after) return { kind: 'equals', text }
  if (before && (after || text === '')) return { kind: 'contains', text }
  return { kind: before ? 'endsWith' : 'startsWith', text }
}

/** For a pattern, an operator or a name that the vendor's language lacks. */
export function cannotSay(what: string, language: string): ValenceError {
  return new ValenceError('QUERY_INVALID', `${what}: ${language} of this vendor cannot say this`)
}
