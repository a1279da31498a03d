import type { Exchange } from '../exchange.ts'
import type { Ports } from '../ports.ts'
import { secretValues } from '../secret-keys.ts'
import { createMappingScripts, type RunMappingScript } from './run-mapping-script.ts'

/** Scripts of the common resource of this call; they share one time limit. What they print and how they end goes to the trace. */
export function mappingScripts(exchange: Exchange, ports: Ports): RunMappingScript {
  exchange.mappingScripts ??= create(exchange, ports)
  return exchange.mappingScripts
}

function create(exchange: Exchange, ports: Ports): RunMappingScript {
  const { instance, plan, commonResources } = exchange
  return createMappingScripts({
    owner: `account ${instance.accountId}`,
    depth: commonResources?.depth ?? 0,
    runRecords: ports.runRecords,
    configuration: () => commonResources?.scriptConfiguration() ?? {},
    secrets: () => secretValues(plan.element, exchange.instance.configuration),
    report(outcome) {
      if (outcome.console.length > 0) ports.noteConsole(instance, outcome.label, outcome.console)
      exchange.scriptOutcome = outcome
    },
  })
}
