// Starts the application.
import { createApp } from './app.js'
import { config } from './config.js'
import { Marketplace } from './marketplace.js'
import { Store } from './store.js'
import { trustDevelopmentCa } from './trust.js'
import { reportUsage } from './usage.js'

const HOUR_MS = 3600_000

trustDevelopmentCa(config.developmentCa)

const store = new Store(config.dataFile)
const marketplace = new Marketplace()
const app = await createApp({ store, marketplace })

// Usage goes out once an hour. What could not be reported stays in the outbox and goes out with the next round.
const reporting = setInterval(async () => {
  for (const account of store.all()) {
    if (account.state !== 'active') continue
    try {
      await reportUsage({ store, marketplace, account })
    } catch (error) {
      app.log.error(error, `usage of ${account.subscriptionId} was not reported`)
    }
  }
}, HOUR_MS)

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    clearInterval(reporting)
    await app.close()
    process.exit(0)
  })
}

try {
  await app.listen({ port: config.port, host: config.host })
  console.log(`Example publisher: ${config.publicUrl} (landing page /signup, webhook /webhook)`)
} catch (error) {
  console.error(error.code === 'EADDRINUSE' ? `Port ${config.port} is taken. Set PORT (and PUBLIC_URL) to another one.` : error)
  process.exit(1)
}
