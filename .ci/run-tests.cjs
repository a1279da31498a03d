// The tests of the gate, run by whatever Node the machine has.
//
//   run-tests.cjs run <folder> <name> [filters …]   runs tests, leaves the test runner's own report (Vitest, JSON) in the folder
//   run-tests.cjs sum <folder>                      tells what failed and counts over all reports of the folder
//
// A test process that dies takes the files after it along. They run once more in a process of their own, and the death is told in the
// sum; a file that takes two processes along fails the gate.
const { spawn } = require('node:child_process')
const { appendFileSync, existsSync, readdirSync, readFileSync } = require('node:fs')
const { join } = require('node:path')

const [command, folder, name, ...filters] = process.argv.slice(2)
const notes = join(folder, 'notes.txt')

main().then(
  (isGreen) => {
    process.exitCode = isGreen ? 0 : 1
  },
  (error) => {
    console.error(error)
    process.exitCode = 1
  },
)

async function main() {
  if (command === 'sum') return sum()
  const expected = await listFiles()
  const first = await runFiles(`${name}-1`, filters)
  const lost = expected.filter((file) => !first.ended.has(file))
  if (lost.length === 0) return first.code === 0
  note(`a test process of "${name}" ${first.death ?? `ended with code ${first.code}`}; ${lost.length} files run again`)
  const second = await runFiles(`${name}-2`, lost)
  const fatal = lost.filter((file) => !second.ended.has(file))
  for (const file of fatal) note(`failed: ${file}: did not end in two runs: ${second.death ?? `code ${second.code}`}`)
  return fatal.length === 0 && second.code === 0 && !first.hasFailures
}

async function listFiles() {
  const list = join(folder, `files-${name}.json`)
  const { code, output } = await spawned(
    'npx',
    ['--no-install', 'vitest', 'list', '--filesOnly', `--json=${list}`, ...filters],
    false,
  )
  if (code !== 0) throw new Error(`the test files could not be listed: ${output}`)
  return JSON.parse(readFileSync(list, 'utf8')).map(({ file }) => file)
}

async function runFiles(run, which) {
  const report = join(folder, `report-${run}.json`)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const { code, output } = await spawned('npm', ['test', '--', ...reporters, ...which], true)
  const files = endedFiles(report)
  return {
    code,
    ended: new Set(files.map((file) => file.name)),
    hasFailures: files.some((file) => file.status === 'failed'),
    death: /Worker exited unexpectedly [^\n]*? state|FATAL ERROR: [^\n]*/.exec(output)?.[0],
  }
}

/** Of a report: the files that came to their end. One whose process died is "failed" and has tests that were never run. */
function endedFiles(report) {
  if (!existsSync(report)) return []
  return JSON.parse(readFileSync(report, 'utf8')).testResults.filter(
    ({ status, message, assertionResults }) =>
      status === 'passed' || message || !assertionResults.some((test) => test.status === 'pending'),
  )
}

function spawned(program, args, isShown) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of ['stdout', 'stderr']) {
      child[stream].on('data', (chunk) => {
        output += chunk
        if (isShown) process[stream].write(chunk)
      })
    }
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code: code ?? signal, output }))
  })
}

function note(text) {
  console.log(`== ${text}`)
  appendFileSync(notes, `${text}\n`)
}

function sum() {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  if (existsSync(notes)) {
    const text = readFileSync(notes, 'utf8')
    process.stdout.write(text)
    counts.failed += text.split('\n').filter((line) => line.startsWith('failed: ')).length
  }
  for (const report of readdirSync(folder).filter((file) => file.startsWith('report-'))) {
    for (const { name: file, status: outcome, message, assertionResults } of endedFiles(join(folder, report))) {
      let failed = 0
      for (const { status, fullName } of assertionResults) {
        if (status === 'failed') console.log(`failed: ${file}: ${fullName}`)
        if (status === 'passed') counts.passed += 1
        else if (status === 'failed') failed += 1
        else counts.skipped += 1
      }
      // it could not be read, or something before or after its tests failed
      if (outcome === 'failed' && failed === 0) {
        console.log(`failed: ${file}: ${message || 'outside of its tests, see above'}`)
        failed = 1
      }
      counts.failed += failed
    }
  }
  console.log(`${counts.skipped} skipped`)
  console.log(`${counts.passed} passed, ${counts.failed} failed`)
  return counts.failed === 0 && counts.passed > 0
}
