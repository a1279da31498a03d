import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

/**
 * The walls of the house (docs/architecture.md): a file imports only from lower floors, and on the third floor only from
 * rooms to its left. `import type` counts. The table of arrows is printed; what is not listed here has no place yet.
 */
const FLOORS: readonly (readonly string[])[] = [
  ['model', 'errors.ts', 'redact.ts', 'config.ts'],
  ['ceql', 'transform', 'sandbox'],
  ['engine', 'store', 'jobs', 'upstream'],
  [
    'audit',
    'accounts',
    'notifications',
    'elements',
    'resources',
    'instances',
    'bulk',
    'events',
    'formulas',
    'schedules',
    'usage',
    'simulator',
  ],
  ['http', 'mcp'],
  ['compose'],
  ['main.ts'],
  ['cli'],
]

/** The third floor from left to right; rooms of one group are strangers to each other. */
const LEFT_TO_RIGHT: readonly (readonly string[])[] = [
  ['audit'],
  ['accounts'],
  ['notifications'],
  ['elements'],
  ['resources'],
  ['instances'],
  ['bulk', 'events', 'formulas', 'schedules'],
]

/** Rooms that share less than their floor would allow. */
const ONLY: Readonly<Record<string, readonly string[]>> = {
  // the other side of the wire reads with code of its own, so that it cannot confirm the engine's mistakes
  simulator: ['model', 'elements', 'errors.ts'],
}

interface Arrow {
  from: string
  to: string
}

const root = resolve(import.meta.dirname, '..')
const source = join(root, 'src')
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .toSorted()

const roomOf = (file: string): string => file.split('/')[0] ?? file
const floorOf = (room: string): number => FLOORS.findIndex((rooms) => rooms.includes(room))
const columnOf = (room: string): number => LEFT_TO_RIGHT.findIndex((rooms) => rooms.includes(room))

/** Text without comments; strings stay, since imports are strings. */
function codeOf(file: string): string {
  return readFileSync(join(source, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '')
}

/** Everything a file imports from `src`: static, type-only, re-exported, dynamic. */
function importsOf(file: string): string[] {
  const paths = [...codeOf(file).matchAll(/(?:\bfrom|\bimport)\s*\(?\s*(['"])(\.{1,2}\/[^'"]+)\1/g)].map(
    (found) => found[2] ?? '',
  )
  return [...new Set(paths)].map((path) => relative(source, resolve(dirname(join(source, file)), path)))
}

const arrows: Arrow[] = files.flatMap((from) => importsOf(from).map((to) => ({ from, to })))
const between = arrows.filter(({ from, to }) => roomOf(from) !== roomOf(to))
const roomArrows = new Map<string, Set<string>>()
for (const { from, to } of between) {
  const room = roomOf(from)
  roomArrows.set(room, (roomArrows.get(room) ?? new Set()).add(roomOf(to)))
}

/** Why an arrow between two rooms must not be, or undefined. */
function objection(from: string, to: string): string | undefined {
  const [own, other] = [floorOf(from), floorOf(to)]
  if (ONLY[from]) return ONLY[from].includes(to) ? undefined : `${from} shares only ${ONLY[from].join(', ')}`
  if (other > own) return `floor ${own} to floor ${other}`
  if (other < own) return undefined
  const [column, otherColumn] = [columnOf(from), columnOf(to)]
  if (column < 0 || otherColumn < 0) return 'strangers on one floor'
  return otherColumn < column ? undefined : 'to the right on its floor'
}

/** Every circle, each once, as its members in order. */
function circlesOf(graph: ReadonlyMap<string, Iterable<string>>): string[] {
  const circles = new Set<string>()
  const done = new Set<string>()
  const walk = (node: string, path: string[]) => {
    const at = path.indexOf(node)
    if (at >= 0) {
      circles.add([...path.slice(at), node].join(' → '))
      return
    }
    if (done.has(node)) return
    for (const next of graph.get(node) ?? []) walk(next, [...path, node])
    done.add(node)
  }
  for (const node of graph.keys()) walk(node, [])
  return [...circles]
}

describe('the walls themselves', () => {
  for (const [from, to, allowed] of [
    ['http', 'instances', true],
    ['instances', 'http', false],
    ['engine', 'instances', false],
    ['engine', 'store', false],
    ['engine', 'ceql', true],
    ['ceql', 'engine', false],
    ['ceql', 'transform', false],
    ['model', 'errors.ts', false],
    ['instances', 'elements', true],
    ['elements', 'instances', false],
    ['events', 'instances', true],
    ['events', 'formulas', false],
    ['usage', 'accounts', false],
    ['simulator', 'elements', true],
    ['simulator', 'engine', false],
    ['instances', 'simulator', false],
    ['http', 'mcp', false],
    ['cli', 'main.ts', true],
    ['main.ts', 'cli', false],
  ] as const) {
    test(`${from} ${allowed ? 'may' : 'must not'} import from ${to}`, () => {
      expect(objection(from, to) === undefined).toBe(allowed)
    })
  }

  test('a circle is found, wherever one enters it', () => {
    const graph = { a: ['b'], b: ['c'], c: ['d', 'b'], d: [], e: ['e'] }
    expect(circlesOf(new Map(Object.entries(graph)))).toEqual(['b → c → b', 'e → e'])
  })
})

describe('the rooms of src', () => {
  test('every file has its room on a floor', () => {
    expect([...new Set(files.map(roomOf))].filter((room) => floorOf(room) < 0)).toEqual([])
  })

  test('arrows point down, on the third floor to the left', () => {
    const lines = FLOORS.flatMap((rooms, floor) =>
      rooms
        .filter((room) => roomArrows.has(room))
        .map(
          (room) => `${floor}  ${room.padEnd(13)} → ${[...(roomArrows.get(room) ?? [])].toSorted(byFloor).join(', ')}`,
        ),
    )
    console.log(['floor, room → rooms it imports from', ...lines.toReversed()].join('\n'))
    const wrong = between.flatMap(({ from, to }) => {
      const why = objection(roomOf(from), roomOf(to))
      return why === undefined ? [] : [`${from} → ${to}: ${why}`]
    })
    expect(wrong).toEqual([])
  })

  test('no circle between files, none between rooms', () => {
    const graph = new Map<string, string[]>()
    for (const { from, to } of arrows) graph.set(from, [...(graph.get(from) ?? []), to])
    expect(circlesOf(graph)).toEqual([])
    expect(circlesOf(roomArrows)).toEqual([])
  })

  test('every imported file is there and named with its ending', () => {
    expect(arrows.filter(({ to }) => !files.includes(to)).map(({ from, to }) => `${from} → ${to}`)).toEqual([])
  })

  test('a file that a comment names is there', () => {
    const there = ['src', 'test', 'bench'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => `/${folder}/${name}`),
    )
    const named = files.flatMap((file) =>
      [...readFileSync(join(source, file), 'utf8').matchAll(/`((?:[\w-]+\/)*[\w-]+\.ts)`/g)].map(([, name]) => ({
        file,
        name,
      })),
    )
    expect(named.length).toBeGreaterThan(50)
    expect(named.filter(({ name }) => !there.some((path) => path.endsWith(`/${name}`)))).toEqual([])
  })

  test('no barrels: a file that owns a thing is imported itself', () => {
    const barrels = files.filter((file) => {
      if (/(^|\/)index\.ts$/.test(file)) return true
      const statements = codeOf(file)
        .split(/\n(?=\S)/)
        .map((text) => text.trim())
      return statements.every((text) => text === '' || /^export\s[^=]*\sfrom\s/.test(text))
    })
    expect(barrels).toEqual([])
  })

  test('only composition, the command and tests know the simulator', () => {
    const users = between.filter(({ to }) => roomOf(to) === 'simulator').map(({ from }) => roomOf(from))
    expect([...new Set(users)].filter((room) => !['compose', 'main.ts', 'cli'].includes(room))).toEqual([])
  })
})

describe('what is special about one vendor is data', () => {
  const keys = readdirSync(join(root, 'catalog'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)

  // a key may be an English word (`base`), so what counts is the whole of a string, never a part of a name
  test('no element key stands in the engine, instances or upstream', () => {
    const found = files
      .filter((file) => ['engine', 'instances', 'upstream'].includes(roomOf(file)))
      .flatMap((file) => {
        const strings = [...codeOf(file).matchAll(/'([^'\n]*)'|"([^"\n]*)"|`([^`]*)`/g)].map(
          (text) => text[1] ?? text[2] ?? text[3],
        )
        return keys.filter((key) => strings.includes(key)).map((key) => `${file}: '${key}'`)
      })
    expect(keys.length).toBeGreaterThan(0)
    expect(found).toEqual([])
  })

  test('nor a key that is no ordinary word, anywhere in their code', () => {
    const words = keys.filter((key) => !ORDINARY.has(key))
    const found = files
      .filter((file) => ['engine', 'instances', 'upstream'].includes(roomOf(file)))
      .flatMap((file) => {
        const text = readFileSync(join(source, file), 'utf8')
          .toLowerCase()
          .split(/[^a-z0-9]+/)
        return words.filter((word) => text.includes(word)).map((word) => `${file}: ${word}`)
      })
    expect(found).toEqual([])
  })
})

/** Element keys that are also words of the language. */
const ORDINARY = new Set(['base', 'box', 'slack', 'stripe', 'square', 'intercom', 'front', 'close', 'copper'])

function byFloor(a: string, b: string): number {
  return floorOf(b) - floorOf(a) || columnOf(b) - columnOf(a) || a.localeCompare(b)
}
