/** The command cannot be done; the message is for the person who gave it. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed'
  /** the marketplace refused it, as opposed to: it was not understood */
  readonly refused: boolean
  /** the marketplace's code for why */
  readonly code: string | undefined
  constructor(message: string, refused = false, code?: string) {
    super(message)
    this.refused = refused
    this.code = code
  }
}

/** Calls the sandbox API of a running Stoa. @throws CommandFailed with its message */
export type SandboxCall = <T = unknown>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown) => Promise<T>

export function sandboxAt(url: string, token: string | undefined): SandboxCall {
  return async <T>(method: string, path: string, body?: unknown) => {
    let answer: Response
    try {
      answer = await fetch(`${url}/api/sandbox${path}`, {
        method,
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(token ? { authorization: `Bearer ${token}` } : {}),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
    } catch {
      throw new CommandFailed(`No Stoa answers at ${url}. Start it, or name another address with --stoa.`, true)
    }
    const text = await answer.text()
    let content: unknown
    try {
      content = JSON.parse(text)
    } catch {
      throw new CommandFailed(`${url} is not a Stoa in sandbox mode (${answer.status}).`, true)
    }
    if (answer.ok) return content as T
    const { code, message } = content as { code?: string; message?: string; error?: { message?: string } }
    throw new CommandFailed(message ? `${message} (${code})` : `Refused (${answer.status}).`, true, code)
  }
}
