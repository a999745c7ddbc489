import type { Config } from './config.ts'

/** Whether links may be built from this `Host` header: ours, loopback with our ports, or configured (STOA_KNOWN_HOSTS). */
export function isKnownHost(config: Config, host: string | undefined): boolean {
  return host !== undefined && hostsOf(config).has(host.toLowerCase())
}

/** Every request asks; a configuration does not change while a process lives. */
const hosts = new WeakMap<Config, Set<string>>()

function hostsOf(config: Config): Set<string> {
  const known = hosts.get(config)
  if (known) return known
  const loopback = ['localhost', '127.0.0.1', '[::1]'].flatMap((name) => [`${name}:${config.port}`, `${name}:${config.tlsPort}`])
  const all = new Set([new URL(config.publicUrl).host, new URL(config.issuerUrl).host, ...loopback, ...config.knownHosts])
  hosts.set(config, all)
  return all
}

/** The host that stands in for one that is not known. */
export const publicHost = (config: Config): string => new URL(config.publicUrl).host

/** Scheme, host and port for absolute links: the request's own when its host is known, else STOA_PUBLIC_URL. */
export function originOf(config: Config, request: { protocol: string; host: string }): string {
  return isKnownHost(config, request.host) ? `${request.protocol}://${request.host}` : config.publicUrl
}
