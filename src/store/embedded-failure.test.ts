import { describe, expect, test } from 'vitest'
import { essence, unavailable, wayOutOf } from './embedded-failure.ts'

describe('the essential line of an output', () => {
  for (const [name, output, expected] of [
    [
      'is the last FATAL without its time stamp',
      `2026-01-01 00:00:00.000 UTC [7] LOG:  starting PostgreSQL\n2026-01-01 00:00:00.000 UTC [7] FATAL:  could not map anonymous shared memory\n2026-01-01 00:00:00.000 UTC [7] LOG:  database system is shut down\n`,
      'could not map anonymous shared memory',
    ],
    [
      'is the error of initdb, not what it cleans up after it',
      `creating directory /x ... initdb: error: could not create directory "/x": No space left on device\ninitdb: removing data directory "/x"\n`,
      'could not create directory "/x": No space left on device',
    ],
    [
      'is what the loader says',
      '/x/initdb: error while loading shared libraries: libpq.so.5: cannot open shared object file\n',
      '/x/initdb: error while loading shared libraries: libpq.so.5: cannot open shared object file',
    ],
    ['is the last line when none names a failure', 'one\ntwo\n\n', 'two'],
    ['is never empty', '', 'it said nothing'],
  ] as const) {
    test(name, () => expect(essence(output)).toBe(expected))
  }
})

describe('the way out', () => {
  for (const [name, output, expected] of [
    ['of a full disk', 'FATAL:  could not write lock file "postmaster.pid": No space left on device', /disk space/],
    [
      'of a folder of somebody else',
      'FATAL:  data directory "/x" has wrong ownership',
      /let the user .* own the folder/,
    ],
    ['of a missing library', 'error while loading shared libraries: libpq.so.5: cannot open', /glibc.*DATABASE_URL/],
    ['of too little memory', 'FATAL:  could not map anonymous shared memory: Cannot allocate memory', /memory/],
    ['of anything else is the caller’s', 'FATAL:  the moon is full', /^ask somebody$/],
    ['goes by the essential line alone', 'LOG:  Permission denied\nFATAL:  the moon is full', /^ask somebody$/],
  ] as const) {
    test(name, () => expect(wayOutOf(output, 'ask somebody')).toMatch(expected))
  }
})

test('a failure is one sentence: what, why, and the way out; the cause is kept', () => {
  const cause = new Error("EACCES: permission denied, open '/x/y'")
  const error = unavailable('the folder /x cannot be written', 'name another', cause)
  expect(error).toMatchObject({
    code: 'UNAVAILABLE',
    message: 'the folder /x cannot be written (permission denied); name another',
    cause,
  })
})
