/**
 * Ends this process at once. An orderly exit would wait for the threads of the isolates, and one of them may be the
 * very reason to end.
 * @param last what is written before
 */
export function endProcess(last?: Buffer): void {
  const end = () => process.kill(process.pid, 'SIGKILL')
  if (last === undefined) end()
  else process.stdout.write(last, end)
}
