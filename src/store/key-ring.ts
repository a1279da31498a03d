import { randomBytes } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { link, mkdir, open, readFile, rename, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { ValenceError } from '../errors.ts'

/** One 256-bit key of the ring and the name under which ciphertexts refer to it. */
export interface RingKey {
  id: string
  key: Buffer
}

/**
 * The keys that protect everything stored encrypted. The first one encrypts, all of them decrypt, so a key can be replaced while the hub works:
 * put a new one in front, re-encrypt (`rotate-keys.ts`), then take the old one away.
 */
export interface KeyRing {
  /** the key that encrypts */
  first(): RingKey
  /** A ring that lives in a file looks into it again when the id is unknown and the file has changed. */
  find(id: string): RingKey | undefined
  /** Reads the file again, if there is one: another process put a new key in front. */
  reload(): void
}

/**
 * Key ids stay shorter than a key in base64 (43 characters), so that an entry written the wrong way round is never echoed
 * as an id; no dots, because they separate the parts of a ciphertext.
 */
const KEY_ID = /^[A-Za-z0-9_-]{1,32}$/
const KEY_BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/

/**
 * The ring of this hub: `VALENCE_KEYS` when set, otherwise the file `<dataDir>/keys`, which the first start creates (mode 0600).
 *
 * @param keys `id:base64[,id:base64…]`, 32 bytes each
 * @throws ValenceError CONFIGURATION_INVALID that names the variable or file and the entry, never the key
 */
export async function openKeyRing({ keys, dataDir }: { keys?: string; dataDir: string }): Promise<KeyRing> {
  return keys === undefined ? keyRingFromFile(dataDir) : keyRingFromText(keys, 'VALENCE_KEYS')
}

/** A ring that never changes. @param source how messages call the text, e.g. `VALENCE_KEYS` */
export function keyRingFromText(text: string, source: string): KeyRing {
  const keys = parseKeys(text, source)
  return {
    first: () => firstOf(keys),
    find: (id) => keys.find((key) => key.id === id),
    reload() {
      // given at start by the environment: nothing to read again
    },
  }
}

async function keyRingFromFile(dataDir: string): Promise<KeyRing> {
  const path = join(dataDir, 'keys')
  await createUnlessPresent(dataDir, path)

  let keys: RingKey[] = []
  let stamp = ''
  const reload = () => {
    const { ino, mtimeMs, size } = statSync(path)
    const newStamp = `${ino} ${mtimeMs} ${size}`
    if (newStamp === stamp) return
    keys = parseKeys(readFileSync(path, 'utf8'), `the key file ${path}`)
    stamp = newStamp
  }
  reload()

  return {
    first: () => firstOf(keys),
    find(id) {
      const known = keys.find((key) => key.id === id)
      if (known) return known
      reload()
      return keys.find((key) => key.id === id)
    },
    reload,
  }
}

/**
 * Puts a new random key in front of the file `<dataDir>/keys`; it encrypts from now on. `rotateKeys` tells running hubs to look.
 *
 * @returns the id of the new key
 * @throws ValenceError ALREADY_EXISTS while another process does the same, or after one died doing it
 */
export async function generateRingKey(dataDir: string): Promise<string> {
  const path = join(dataDir, 'keys')
  await createUnlessPresent(dataDir, path)
  // The successor is both the lock (only one process can create it) and, once renamed, the result.
  const successor = `${path}.next`
  const file = await open(successor, 'wx', 0o600).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EEXIST') throw cause
    throw new ValenceError(
      'ALREADY_EXISTS',
      `${successor} exists: another process is adding a key; if none is running, delete that file and try again`,
      { cause },
    )
  })
  try {
    const fresh = randomKey()
    const present = await readFile(path, 'utf8')
    parseKeys(present, `the key file ${path}`)
    await file.writeFile(`${fresh.entry},${present.trim()}\n`)
    await file.sync()
    await rename(successor, path)
    return fresh.id
  } catch (error) {
    await unlink(successor)
    throw error
  } finally {
    await file.close()
  }
}

/** Complete under another name first, then linked: whoever comes second finds a whole file and uses it. */
async function createUnlessPresent(dataDir: string, path: string): Promise<void> {
  await mkdir(dataDir, { recursive: true })
  if (statSync(path, { throwIfNoEntry: false })) return
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(`${randomKey().entry}\n`)
    await file.sync()
    await link(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await file.close()
    await unlink(draft)
  }
}

function randomKey(): { id: string; entry: string } {
  const id = `key-${randomBytes(4).toString('hex')}`
  return { id, entry: `${id}:${randomBytes(32).toString('base64')}` }
}

function parseKeys(text: string, source: string): RingKey[] {
  const keys: RingKey[] = []
  for (const [index, raw] of text.trim().split(',').entries()) {
    const entry = raw.trim()
    const colon = entry.indexOf(':')
    const id = entry.slice(0, Math.max(colon, 0))
    const secret = entry.slice(colon + 1)
    const invalid = (problem: string) =>
      new ValenceError(
        'CONFIGURATION_INVALID',
        `${source}, entry ${index + 1}${KEY_ID.test(id) ? ` ("${id}")` : ''}: ${problem}`,
      )
    if (!entry) throw invalid('empty; expected id:base64')
    if (colon < 0) throw invalid('no colon; expected id:base64')
    if (!KEY_ID.test(id)) throw invalid('the id before the colon must be 1 to 32 of the characters A-Z a-z 0-9 _ -')
    if (!KEY_BASE64.test(secret))
      throw invalid(`expected 32 bytes in base64 (44 characters), got ${secret.length} characters`)
    if (keys.some((key) => key.id === id)) throw invalid('this id occurs twice')
    keys.push({ id, key: Buffer.from(secret, 'base64') })
  }
  return keys
}

/** `parseKeys` refuses an empty list. */
function firstOf(keys: RingKey[]): RingKey {
  const [first] = keys
  if (!first) throw new ValenceError('INTERNAL', 'the key ring is empty')
  return first
}
