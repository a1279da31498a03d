/**
 * Ends this process at once. An orderly exit would wait for the threads of the isolates, and one of them may be the
 * very reason to end.
 */
export function endProcess(): void {
  process.kill(process.pid, 'SIGKILL')
}
