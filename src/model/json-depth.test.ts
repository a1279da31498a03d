import { expect, test } from 'vitest'
import { isTooDeep, MAX_JSON_DEPTH } from './json-depth.ts'

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

for (const [fact, text, expected] of [
  ['as deep as allowed', nested(MAX_JSON_DEPTH), false],
  ['one deeper', nested(MAX_JSON_DEPTH + 1), true],
  ['objects count as well', `${'{"a":'.repeat(MAX_JSON_DEPTH + 1)}1${'}'.repeat(MAX_JSON_DEPTH + 1)}`, true],
  ['many, but side by side', `[${Array(5_000).fill('[]').join(',')}]`, false],
  ['brackets in a string', JSON.stringify('['.repeat(5_000)), false],
  ['brackets behind an escaped quote', JSON.stringify(`"${'['.repeat(5_000)}`), false],
] as const) {
  test(fact, () => {
    expect(isTooDeep(text)).toBe(expected)
  })
}
