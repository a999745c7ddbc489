// Development only. A sandbox serves https with a certificate of its own; Node trusts it when told to, either by the environment variable
// NODE_EXTRA_CA_CERTS=<Stoa's data folder>/ca.pem before it starts (any Node), or as here (Node 24). In production there is nothing to trust:
// delete this file. Whatever you do, do not switch certificate checks off.
import { existsSync, readFileSync } from 'node:fs'
import tls from 'node:tls'

/** @param {URL | undefined} file */
export function trustDevelopmentCa(file) {
  if (!file || !existsSync(file) || process.env.NODE_EXTRA_CA_CERTS || !tls.setDefaultCACertificates) return
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), readFileSync(file, 'utf8')])
}
