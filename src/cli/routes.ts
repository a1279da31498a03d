import { type ListedRoute, listRoutes } from '../http/list-routes.ts'

/** `valence routes`: what the server answers and whom; starts nothing and reads no settings. */
export async function routes(options: { json?: boolean }): Promise<void> {
  const listed = await listRoutes()
  console.log(options.json ? JSON.stringify(listed, null, 2) : toTable(listed))
}

const HEAD = ['METHOD', 'PATH', 'OPERATION', 'FOR', 'ROLE', 'PRIVILEGE']

/** One line a route, columns below each other; where several roles or privileges are named, one of them is enough. */
export function toTable(listed: readonly ListedRoute[]): string {
  const rows = [HEAD, ...listed.map(cellsOf)]
  const widths = HEAD.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)))
  return rows
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function cellsOf({ method, url, operation, tenant, roles, privileges }: ListedRoute): string[] {
  return [method, url, operation ?? '-', tenant, alternatives(roles), alternatives(privileges)]
}

function alternatives(names: readonly string[]): string {
  return names.length === 0 ? '-' : names.join(' | ')
}
