import { Agent, createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One address before several processes, as a reverse proxy is: it sends to those that say they are ready, in turn, and repeats nothing. */
export interface Balancer {
  url: string
  /** Those that would get the next request. */
  ready(): string[]
  close(): void
}

const lookEveryMs = 50

/** @param ports gives the port to listen on, and the backends' ports by name */
export async function startBalancer(port: number, backends: Record<string, number>): Promise<Balancer> {
  const state = Object.entries(backends).map(([name, backend]) => ({
    name,
    port: backend,
    ready: false,
    agent: new Agent({ keepAlive: true, maxSockets: 64 }),
  }))
  let turn = 0

  const look = async (backend: (typeof state)[number]) => {
    backend.ready = await fetch(`http://127.0.0.1:${backend.port}/readyz`, { signal: AbortSignal.timeout(1000) }).then(
      async (answer) => {
        await answer.text()
        return answer.ok
      },
      () => false,
    )
  }
  const timer = setInterval(() => void Promise.all(state.map(look)), lookEveryMs)

  const server = createServer((request, response) => {
    const ready = state.filter((backend) => backend.ready)
    const chosen = ready[turn++ % Math.max(1, ready.length)]
    const refuse = (why: string) => {
      if (response.headersSent) return response.destroy()
      return response.writeHead(502, { 'x-balancer': 'no answer' }).end(why)
    }
    if (!chosen) return void refuse('Nobody is ready.')
    const { method, url: path, headers } = request
    const forwarded = httpRequest({ host: '127.0.0.1', port: chosen.port, agent: chosen.agent, method, path, headers }, (answer) => {
      answer.on('error', () => response.destroy())
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    forwarded.on('error', (error) => {
      refuse(`${chosen.name}: ${error.message}`)
    })
    request.pipe(forwarded)
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ready: () => state.filter(({ ready }) => ready).map(({ name }) => name),
    close() {
      clearInterval(timer)
      server.closeAllConnections()
      server.close()
      for (const { agent } of state) agent.destroy()
    },
  }
}
