import type { InstanceContext } from '../instances/context.ts'
import type { Jobs } from '../jobs/jobs.ts'

/** What the functions of this room work with; `main.ts` puts it together once. */
export interface EventContext
  extends Pick<
    InstanceContext,
    'store' | 'elements' | 'authorize' | 'now' | 'random' | 'runScript' | 'publicUrl' | 'log'
  > {
  jobs: Jobs
  /** for what the room of instances does: loading them, their plans */
  instances: InstanceContext
}
