import { z } from 'zod'

/** Name of the entry that describes a backup. It is the last one: a file that was cut has none. */
export const manifestEntry = 'manifest.json'
export const jobsEntry = 'jobs.ndjson'
export const secretKeyEntry = 'secret-key'

export const tableEntry = (table: { schema: string; name: string }) => `tables/${table.schema}.${table.name}.copy`
export const fileEntry = (hash: string) => `files/${hash}`

const table = z.strictObject({
  schema: z.string(),
  name: z.string(),
  columns: z.array(z.string()),
  rows: z.int(),
  /** of the bytes of its entry */
  sha256: z.string(),
})

const manifest = z.strictObject({
  format: z.literal(1),
  stoa: z.string(),
  mode: z.enum(['sandbox', 'production']),
  /** ISO 8601, machine's time */
  takenAt: z.string(),
  /** the migrations that had run, in order */
  migrations: z.array(z.strictObject({ name: z.string(), hash: z.string() })),
  /** a text that only the keys of the installation can read */
  secretProbe: z.string(),
  /** in an order in which every row's parent comes first */
  tables: z.array(table),
  /** of partitioned tables, parents first */
  partitions: z.array(z.strictObject({ parent: z.string(), name: z.string(), bound: z.string() })),
  sequences: z.array(z.strictObject({ name: z.string(), value: z.string(), called: z.boolean() })),
  jobs: z.int(),
  files: z.array(z.strictObject({ hash: z.string().regex(/^[0-9a-f]{64}$/), missing: z.boolean() })),
})

export type Manifest = z.output<typeof manifest>

/** @throws SyntaxError or a zod error when the text is no manifest of a format that this Stoa reads */
export const readManifest = (text: string): Manifest => manifest.parse(JSON.parse(text))

/** The backup cannot be taken or brought back; the message says why and what to do. */
export class BackupUnusable extends Error {
  override readonly name = 'BackupUnusable'
}

/** What the probe of a manifest says once it is decrypted. */
export const probe = { text: 'stoa backup', purpose: 'backup' }
