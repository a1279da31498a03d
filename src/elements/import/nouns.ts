/** `contacts` → `contact`, `companies` → `company`, `statuses` → `status`, `address` stays */
export function singular(word: string): string {
  if (/ies$/i.test(word)) return word.replace(/ies$/i, 'y')
  if (/(ss|sh|ch|x|us)es$/i.test(word)) return word.slice(0, -2)
  return /[^su]s$/i.test(word) ? word.slice(0, -1) : word
}

/** Last literal segment of a path, `contacts` of `/contacts/{id}`. */
export function nounOf(path: string): string {
  return segmentsOf(path).findLast((segment) => !segment.startsWith('{')) ?? 'record'
}

export function endsWithVariable(path: string): boolean {
  return segmentsOf(path).at(-1)?.startsWith('{') ?? false
}

function segmentsOf(path: string): string[] {
  return (path.split(/[?#]/, 1)[0] ?? '').split('/').filter((segment) => segment !== '')
}
