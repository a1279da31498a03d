/** A value that no request repeats within the same second (RFC 5849 §3.3). @param random from 0 to 1 */
export function oauthNonce(random: () => number): string {
  const part = () => Math.floor(random() * 2 ** 52).toString(36)
  return part() + part()
}
