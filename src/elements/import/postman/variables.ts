import { isObject, listOf, scalarText, textOf } from '../json-value.ts'

/** Values of `{{names}}` that a collection carries. */
export type Variables = ReadonlyMap<string, string>

export function variablesOf(value: unknown): Variables {
  return new Map(
    listOf(value)
      .filter(isObject)
      .flatMap((entry): [string, string][] => {
        const name = textOf(entry['key']) ?? textOf(entry['id'])
        const given = scalarText(entry['value'])
        return name === undefined || given === undefined ? [] : [[name, given]]
      }),
  )
}

/** Puts in the values that are known; `{{$guid}}` and the like, and what stands for nothing, stay. */
export function filled(text: string, variables: Variables): string {
  let result = text
  // a value may name further variables, in a circle too
  for (let round = 0; round < 5; round++) {
    const next = result.replace(/\{\{\s*([^{}]+?)\s*\}\}/g, (whole, name: string) => variables.get(name) ?? whole)
    if (next === result || next.length > 10_000) break
    result = next
  }
  return result
}

/** Names in `{{…}}`, without those that Postman itself makes values for. */
export function namesIn(text: string): string[] {
  return [...text.matchAll(/\{\{\s*([^{}$]+?)\s*\}\}/g)].map(([, name = '']) => name)
}

export function looksSecret(name: string): boolean {
  return /key|token|secret|password|passwd|auth|credential|session/i.test(name)
}
