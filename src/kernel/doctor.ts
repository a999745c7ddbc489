import type { Tx } from './database.ts'

/** One check: what it looks at, and a sentence for everything that is wrong. */
export interface Finding {
  check: string
  problems: string[]
}

export interface Doctor {
  /** Adds a check of references and invariants across rooms. It must read only, with few statements. */
  register(name: string, check: (tx: Tx) => Promise<string[]>): void
  /** Runs all checks, in the order of registration. An empty `problems` is good health. */
  examine(tx: Tx): Promise<Finding[]>
}

export function createDoctor(): Doctor {
  const checks: { name: string; check: (tx: Tx) => Promise<string[]> }[] = []
  return {
    register: (name, check) => void checks.push({ name, check }),
    async examine(tx) {
      const findings: Finding[] = []
      for (const { name, check } of checks) findings.push({ check: name, problems: await check(tx) })
      return findings
    },
  }
}
