/** What a script may use. Sizes of texts are in UTF-16 units, which is what `length` counts. */
export const LIMITS = {
  /** wall clock of a script, its waiting included (spec 01 §5: below 32 s) */
  timeoutMs: 30_000,
  /** processor time of a script */
  cpuMs: 10_000,
  /** how long code that runs on after `done` may keep the answer back */
  afterDoneMs: 100,
  /** how much later than the isolate's own limit a runner is killed */
  graceMs: 400,
  /** heap and array buffers of a script */
  memoryMb: 64,
  /** a runner that grows beyond this is stopped */
  processMb: 384,
  /** one that is still beyond this after a script is replaced */
  restingMb: 192,
  scriptChars: 1_000_000,
  variablesChars: 32_000_000,
  resultChars: 16_000_000,
  consoleLines: 200,
  consoleLineChars: 4_000,
  consoleChars: 64_000,
  errorChars: 2_000,
  /** that one step of a formula sends, and their addresses, subjects and bodies together */
  mails: 100,
  mailChars: 400_000,
  timers: 500,
  httpCalls: 50,
  /** of a script that runs for many records, all together */
  recordTimers: 10_000,
  recordHttpCalls: 2_000,
  /** HTTP calls that are on their way while the next record is begun */
  recordCallsWaiting: 10,
  /** address and headers of a request */
  httpHeadChars: 64_000,
  httpRequestChars: 4_000_000,
  httpReplyChars: 8_000_000,
  /** requests of one owner that are on their way, those of finished scripts included */
  httpPerOwner: 50,
} as const

/** Who gets a runner when many want one. */
export const FAIRNESS = {
  /** scripts of one owner that run or wait for an answer at the same time */
  runningPerOwner: 4,
  waitingPerOwner: 500,
  waitingCharsPerOwner: 64_000_000,
  /** a script that has run this long no longer counts as user of a warm runner: another one is started in its place */
  heldAfterMs: 100,
  /** processor time after which a runner continues at low priority, in ms */
  lowPriorityAfterMs: 200,
  /** runners there may be for one warm one, but at least `fewestRunners` */
  runnersPerWarm: 8,
  fewestRunners: 16,
  /** how long a runner beyond the warm ones is kept for the next burst */
  idleMs: 20_000,
} as const
