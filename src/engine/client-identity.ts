import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import jks from 'jks-js'
import { ValenceError } from '../errors.ts'
import type { ClientIdentity } from '../model/exchange.ts'
import type { Configuration } from '../model/instance.ts'
import { pkcs12Iterations } from './pkcs12-work.ts'

const STORE_KEY = 'base64.encoded.jks'
const PASSWORD_KEY = 'jks.password'

const MAX_STORE_BYTES = 256 * 1024
/** keytool makes stores of 30 000, some tools of 150 000; this many take about a second, once. */
const MAX_ITERATIONS = 250_000
const MAX_REMEMBERED = 200

type Outcome = { identity: ClientIdentity } | { error: ValenceError }

/** By content, the one used last at the end; opening a store takes up to a second. */
const remembered = new Map<string, Outcome>()

/**
 * Certificate and key for mutual TLS from the key store in `base64.encoded.jks`, opened with `jks.password`: a Java key
 * store, or PKCS#12, which keytool writes since Java 9 (spec 11 §4.7). The first private key counts.
 * @returns undefined unless both keys are set; the same object for the same values
 * @throws ValenceError CONFIGURATION_INVALID naming the key that is wrong, never its value
 */
export function clientIdentityOf(configuration: Configuration): ClientIdentity | undefined {
  const store = configuration[STORE_KEY]
  const password = configuration[PASSWORD_KEY]
  if (!store || !password) return undefined
  let outcome = ofConfiguration.get(configuration)
  if (!outcome) {
    outcome = outcomeOf(store, password)
    ofConfiguration.set(configuration, outcome)
  }
  if ('error' in outcome) throw outcome.error
  return outcome.identity
}

/** Of each instance that is called, so that a call does not even cost the hash of its store. */
const ofConfiguration = new WeakMap<Configuration, Outcome>()

function outcomeOf(store: string, password: string): Outcome {
  const content = createHash('sha256').update(`${store.length}:`).update(store).update(password).digest('base64')
  const outcome = remembered.get(content) ?? opened(store, password)
  remembered.delete(content)
  remembered.set(content, outcome)
  const [oldest] = remembered.keys()
  if (remembered.size > MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest)
  return outcome
}

function opened(base64: string, password: string): Outcome {
  try {
    return { identity: openStore(base64, password) }
  } catch (error) {
    if (error instanceof ValenceError) return { error }
    const isPassword = error instanceof Error && /password|cannot recover key/i.test(error.message)
    return {
      error: isPassword
        ? invalid(PASSWORD_KEY, `does not open the key store in "${STORE_KEY}"`, error)
        : invalid(
            STORE_KEY,
            'is no key store that can be read: expected JKS, or PKCS#12 whose entries have names',
            error,
          ),
    }
  }
}

function openStore(base64: string, password: string): ClientIdentity {
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.length > MAX_STORE_BYTES) throw invalid(STORE_KEY, `is larger than ${MAX_STORE_BYTES} bytes`)
  // a PKCS#12 store is one SEQUENCE
  if (bytes[0] === 0x30 && pkcs12Iterations(bytes) > MAX_ITERATIONS) {
    throw invalid(STORE_KEY, `takes more than ${MAX_ITERATIONS} iterations to open; export it again with fewer`)
  }
  const entries = Object.values(jks.toPem(bytes, password))
  const own = entries.find(({ cert, key }) => cert && key)
  if (!own?.cert || !own.key) throw invalid(STORE_KEY, 'holds no private key with its certificate')
  if (!new X509Certificate(own.cert).checkPrivateKey(createPrivateKey(own.key))) {
    throw invalid(STORE_KEY, 'holds a private key of another certificate')
  }
  // a Java key store has the chain in `cert`, PKCS#12 beside it
  const chain = entries.flatMap(({ ca }) => ca ?? [])
  return { cert: [own.cert, ...chain].map((pem) => pem.trim()).join('\n'), key: own.key }
}

function invalid(key: string, why: string, cause?: unknown): ValenceError {
  return new ValenceError('CONFIGURATION_INVALID', `Configuration "${key}" ${why}`, { cause })
}
