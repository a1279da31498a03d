import type { Configuration } from '../../model/instance.ts'

/** `aws.api.key` and `aws.api.secret` (spec 11 §2.3), or nothing while one of them is missing: such a call goes out unsigned. */
export function awsKeys(configuration: Configuration): { accessKeyId: string; secretAccessKey: string } | undefined {
  const accessKeyId = configuration['aws.api.key']
  const secretAccessKey = configuration['aws.api.secret']
  return accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined
}
