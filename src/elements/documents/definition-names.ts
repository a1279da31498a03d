/**
 * Names that definitions have in the document. Letters, digits and `_ . - @` stay as they are, so that clients of the original find
 * theirs; whatever would have to be escaped in a reference becomes `_`.
 */
export function definitionNames(names: Iterable<string>, isAllowed = /[^\w.@-]/g): Map<string, string> {
  const shown = new Map<string, string>()
  const taken = new Set<string>()
  const all = [...names]
  // those that stay have their names first
  for (const name of [...all.filter((one) => safe(one) === one), ...all.filter((one) => safe(one) !== one)]) {
    if (shown.has(name)) continue
    const wanted = safe(name) || '_'
    let free = wanted
    for (let count = 2; taken.has(free); count++) free = `${wanted}_${count}`
    taken.add(free)
    shown.set(name, free)
  }
  return shown

  function safe(name: string): string {
    // an object's own members must not be confused with those that every object has
    return name === '__proto__' ? 'proto' : name.replace(isAllowed, '_')
  }
}
