import { ValenceError } from '../errors.ts'

/** Every failure of the embedded database is one sentence: what failed, why, and the way out. */
export function unavailable(problem: string, wayOut: string, cause?: unknown): ValenceError {
  const reason = cause === undefined ? '' : ` (${reasonOf(cause)})`
  return new ValenceError('UNAVAILABLE', `${problem}${reason}; ${wayOut}`, { cause })
}

/** "EACCES: permission denied, open '/x'" → "permission denied": the sentence names the path already. */
function reasonOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause)
  return /^E[A-Z]+: ([^,]+),/.exec(message)?.[1] ?? message
}

/** The line of a program's output that says why it failed: the last FATAL, PANIC or error, without its time stamp. */
export function essence(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '')
  const line = lines.findLast((entry) => /FATAL|PANIC|error/i.test(entry)) ?? lines.at(-1) ?? 'it said nothing'
  return line.replace(/^.*?\b(?:FATAL|PANIC|ERROR|error):\s*/, '').trim()
}

const WAYS_OUT: [RegExp, string][] = [
  [/No space left on device|Disk quota exceeded|ENOSPC/i, 'free some disk space and start again'],
  [/Read-only file system|EROFS/i, 'name a VALENCE_DATA_DIR that can be written'],
  [
    /Permission denied|wrong ownership|invalid permissions|Operation not permitted|EACCES/i,
    'let the user that runs the database own the folder and pass through those above it, or name another VALENCE_DATA_DIR',
  ],
  [
    /shared memory|semaphore|Cannot allocate memory|out of memory/i,
    'free some memory or raise the limits of the system',
  ],
  [
    /loading shared libraries|GLIBC|GLIBCXX|ENOENT|Exec format error/i,
    'install what the line names (the programs need glibc), or set DATABASE_URL',
  ],
]

/** @param otherwise when the output names no cause that we know */
export function wayOutOf(output: string, otherwise: string): string {
  return WAYS_OUT.find(([pattern]) => pattern.test(essence(output)))?.[1] ?? otherwise
}
