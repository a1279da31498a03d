/** What a caller says of waiting (RFC 7240). */
export interface Preference {
  /** `respond-async`: he would rather be told at once that it has begun */
  isAsync: boolean
  /** `wait=10`: but not before this time is over; 0 when absent */
  waitMs: number
}

/** @param header `Prefer`, as it came; what is not known of it is ignored */
export function readPrefer(header: string | readonly string[] | undefined): Preference {
  const preferences = [header ?? []].flat().join(',').split(/[,;]/)
  const values = new Map(
    preferences.map((one) => {
      const [name = '', value = ''] = one.split('=', 2).map((part) => part.trim())
      return [name.toLowerCase(), value.replaceAll('"', '')] as const
    }),
  )
  const wait = values.get('wait') ?? ''
  return { isAsync: values.has('respond-async'), waitMs: /^\d{1,5}$/.test(wait) ? Number(wait) * 1000 : 0 }
}
