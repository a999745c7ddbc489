import type { GivenFile } from '../domain/support/index.ts'

/** The files of a form's field; a field left empty is sent as a file without name and bytes. */
export async function filesOf(form: FormData, name: string): Promise<GivenFile[]> {
  const files = form.getAll(name).filter((value): value is File => typeof value !== 'string' && (value.name !== '' || value.size > 0))
  return Promise.all(
    files.map(async (file) => ({ name: file.name, contentType: file.type, bytes: new Uint8Array(await file.arrayBuffer()) })),
  )
}
