/**
 * Puts the questions that arrive in one turn of the event loop into one statement, so that under load a hot read costs a fraction of a round
 * trip. Nothing is remembered: a statement begins after all of its questions have been asked, and the next question gets a new statement.
 * `ask` answers many keys at once; a key without an answer is answered by undefined, and all fail when it fails.
 */
export function askTogether<Answer>(ask: (keys: string[]) => Promise<Map<string, Answer>>): (key: string) => Promise<Answer | undefined> {
  let waiting: { keys: Set<string>; answers: Promise<Map<string, Answer>> } | undefined

  function begin() {
    const keys = new Set<string>()
    const answers = new Promise<void>((resolve) => {
      setImmediate(resolve)
    }).then(() => {
      waiting = undefined
      return ask([...keys])
    })
    return { keys, answers }
  }

  return async (key) => {
    waiting ??= begin()
    waiting.keys.add(key)
    return (await waiting.answers).get(key)
  }
}
