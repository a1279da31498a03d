import type { Configuration } from '../../model/instance.ts'
import type { SignedRequest, Verdict } from './declaration.ts'
import type { VerifyPorts } from './ports.ts'
import { readSignatureDeclaration } from './read-declaration.ts'
import { verifyWebhook } from './verify-webhook.ts'

/**
 * Whether a webhook may reach an instance, judged by what its configuration declares: nothing declared, nothing checked; a declaration
 * that cannot be read refuses everything.
 *
 * @param configuration effective values, secrets in clear
 */
export async function verifyForInstance(
  ports: VerifyPorts,
  configuration: Configuration,
  request: SignedRequest,
): Promise<Verdict> {
  const read = readSignatureDeclaration(configuration)
  if (read === undefined) return { ok: true }
  if ('problem' in read) return { ok: false, reason: read.problem }
  return verifyWebhook(ports, read.declaration, request, read.keys)
}
