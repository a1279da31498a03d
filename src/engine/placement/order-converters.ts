/**
 * What a vendor calls an order: the `converter` of a query parameter that takes the caller's `orderBy`
 * (`last_name desc, name`, spec 21 §4). An element without one gets the text as it was written.
 */
export const orderConverters: Record<string, (orderBy: string) => string> = {
  /** `last_name desc, name` → `last_name:desc,name` */
  toColonOrder: (orderBy) =>
    termsOf(orderBy)
      .map(({ name, isDescending }) => name + (isDescending ? ':desc' : ''))
      .join(','),
  /** `last_name desc, name` → `-last_name,name` */
  toMinusOrder: (orderBy) =>
    termsOf(orderBy)
      .map(({ name, isDescending }) => (isDescending ? '-' : '') + name)
      .join(','),
}

/** A term that is not `name`, `name asc` or `name desc` is the vendor's own notation (`last_name:desc`) and stays whole. */
function termsOf(orderBy: string): { name: string; isDescending: boolean }[] {
  return orderBy
    .split(',')
    .map((term) => term.trim())
    .filter((term) => term !== '')
    .map((term) => {
      const [, name = term, direction] = /^(\S+)(?:\s+(asc|desc))?$/i.exec(term) ?? []
      return { name, isDescending: direction?.toLowerCase() === 'desc' }
    })
}
