/** Template for the value of a configuration key (spec 11 §3.5). */
export const configured = (key: string) => `\${configuration.${key}}`

/**
 * Text of a document as it may stand in a `value` parameter: what would be read as a template there is broken up, so that no
 * document can have configuration sent where its author does not see it.
 */
export function literalText(text: string): string {
  return text.replace(/\$+(?=\{)/g, '').replace(/CE\.(?=\w+\()/g, 'CE')
}
