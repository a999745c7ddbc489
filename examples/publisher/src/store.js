// Our side of every subscription: the account that the customer has with us. One JSON file, written to a second file first and then renamed,
// so that a crash leaves the old or the new content and never half of one. A real application has a database here.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { marketNow } from './time.js'

/**
 * @typedef {object} Account
 * @property {string} subscriptionId
 * @property {string} name         what the customer called the subscription
 * @property {string} offerId
 * @property {string} planId
 * @property {number} [quantity]   seats; absent where the plan is not sold by seat
 * @property {string} tenantId     the beneficiary's directory tenant: whose people may use the account
 * @property {string} email        whom we write to
 * @property {'active' | 'suspended' | 'closed'} state
 * @property {string} [termUnit]   P1M or P1Y
 * @property {string} [termStart]  usage is counted from here against what the plan includes
 * @property {Record<string, number>} used  single units used in this term, by dimension
 * @property {Record<string, number>} owed  single units beyond the plan that are not in a usage event yet
 * @property {import('./usage.js').UsageEvent[]} outbox  usage events that the marketplace has not confirmed yet
 * @property {{ at: string, what: string }[]} history
 */

export class Store {
  /** @type {Map<string, Account>} */
  #accounts

  /** @param {string | URL} file */
  constructor(file) {
    this.file = typeof file === 'string' ? file : fileURLToPath(file)
    mkdirSync(dirname(this.file), { recursive: true })
    try {
      this.#accounts = new Map(Object.entries(JSON.parse(readFileSync(this.file, 'utf8'))))
    } catch (error) {
      if (error.code !== 'ENOENT') throw error
      this.#accounts = new Map()
    }
  }

  /** @returns {Account | undefined} */
  get(subscriptionId) {
    return this.#accounts.get(subscriptionId)
  }

  /** @returns {Account[]} */
  all() {
    return [...this.#accounts.values()]
  }

  /**
   * Saves an account. `what`, if given, is added to its history.
   * @param {Account} account
   * @param {string} [what]
   */
  save(account, what) {
    if (what) account.history.push({ at: marketNow().toISOString(), what })
    this.#accounts.set(account.subscriptionId, account)
    const next = `${this.file}.next`
    writeFileSync(next, JSON.stringify(Object.fromEntries(this.#accounts), null, 2))
    renameSync(next, this.file)
    return account
  }
}
