import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { Value } from 'typebox/value'
import { parse } from 'yaml'
import { ValenceError } from '../errors.ts'
import { type Row, type Simulation, SimulationFile } from './simulation.ts'

/**
 * Reads `<folder>/<element key>/simulation.yaml` and `<folder>/<element key>/fixtures/<resource>.yaml`.
 *
 * @param folders catalog folders; a later folder replaces the simulation of the same key
 * @returns element key → simulation; elements without a file are absent
 * @throws ValenceError MANIFEST_INVALID naming file, path and expectation
 */
export async function loadSimulations(folders: readonly string[]): Promise<Map<string, Simulation>> {
  const simulations = new Map<string, Simulation>()
  for (const folder of folders) {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const file = path.join(folder, entry.name, 'simulation.yaml')
      if (entry.isDirectory() && existsSync(file)) simulations.set(entry.name, await readSimulation(file))
    }
  }
  return simulations
}

async function readSimulation(file: string): Promise<Simulation> {
  const content = checkSimulation(await readYaml(file), file)
  const fixtures = await readFixtures(path.join(path.dirname(file), 'fixtures'), Object.keys(content.resources ?? {}))
  return { ...content, fixtures }
}

/**
 * @param value what the YAML file said
 * @param file named in the error
 * @throws ValenceError MANIFEST_INVALID with the first member that does not fit
 */
export function checkSimulation(value: unknown, file: string): SimulationFile {
  if (Value.Check(SimulationFile, value)) return value
  const errors = [...Value.Errors(SimulationFile, value)]
  const unexpected = errors.find((error) => error.message === 'schema is false')
  const first = unexpected ?? errors[0]
  const where = first?.instancePath || '/'
  const what = unexpected ? 'is not a member of this file, see docs/simulator.md' : (first?.message ?? 'is invalid')
  throw new ValenceError('MANIFEST_INVALID', `${file}: ${where} ${what}`)
}

async function readFixtures(folder: string, resources: readonly string[]): Promise<Record<string, Row[]>> {
  const fixtures: Record<string, Row[]> = {}
  if (!existsSync(folder)) return fixtures
  for (const name of (await readdir(folder)).sort()) {
    if (!name.endsWith('.yaml')) continue
    const file = path.join(folder, name)
    const resource = name.slice(0, -'.yaml'.length)
    if (!resources.includes(resource)) {
      throw new ValenceError(
        'MANIFEST_INVALID',
        `${file}: simulation.yaml has no resource "${resource}"; it has ${resources.join(', ')}`,
      )
    }
    fixtures[resource] = checkRows(await readYaml(file), file)
  }
  return fixtures
}

function checkRows(value: unknown, file: string): Row[] {
  if (Array.isArray(value) && value.every((row) => typeof row === 'object' && row !== null && !Array.isArray(row)))
    return value
  throw new ValenceError('MANIFEST_INVALID', `${file}: expected a list of rows (objects)`)
}

async function readYaml(file: string): Promise<unknown> {
  try {
    return parse(await readFile(file, 'utf8'), { merge: true })
  } catch (cause) {
    throw new ValenceError('MANIFEST_INVALID', `${file}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
  }
}
