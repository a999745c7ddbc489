// The clock rules of the house, as an oxlint plugin.
//
// Stoa has two clocks: wall time and market time (docs/architecture.md). Business code that reads the machine's time directly would not
// move with the market clock, and no test would notice until somebody moved it. So the machine's time is read in src/kernel/clock.ts only,
// and SQL of the domain never asks the database for its own time either.

/** SQL that reads the database's clock. `interval`, `timezone` and the rest are harmless; only sources of "now" count. */
const SQL_CLOCKS =
  /\b(?:now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\(\s*\)|\b(?:current_date|current_time|current_timestamp|localtime|localtimestamp)\b/i

/** Words that show that a text is SQL and not a sentence about it. */
const SQL_WORDS = /\b(?:select|insert|update|delete|where|values|default|returning|interval)\b/i

const named = (node, name) => node?.type === 'Identifier' && node.name === name

const readsMachineTime = {
  create(context) {
    const report = (node, what) =>
      context.report({
        node,
        message: `${what} reads the machine's time. Use ctx.now (market time), ctx.wall, or wallNow() of src/kernel/clock.ts.`,
      })
    return {
      NewExpression(node) {
        if (named(node.callee, 'Date') && node.arguments.length === 0) report(node, 'new Date()')
      },
      CallExpression(node) {
        if (named(node.callee, 'Date')) report(node, 'Date()')
      },
      MemberExpression(node) {
        if (named(node.object, 'Date') && named(node.property, 'now')) report(node, 'Date.now')
        const temporal =
          named(node.object, 'Temporal') || (node.object?.type === 'MemberExpression' && named(node.object.property, 'Temporal'))
        if (temporal && named(node.property, 'Now')) report(node, 'Temporal.Now')
      },
    }
  },
}

const readsDatabaseTime = {
  create(context) {
    const report = (node, what) =>
      context.report({ node, message: `${what} reads the database's time. Pass ctx.now (market time) or ctx.wall as a parameter.` })
    const text = (node, value) => {
      const found = SQL_CLOCKS.exec(value)
      if (found) report(node, `"${found[0]}" in SQL`)
    }
    return {
      CallExpression(node) {
        const property = node.callee?.type === 'MemberExpression' ? node.callee.property : null
        if (named(property, 'defaultNow')) report(node, 'defaultNow()')
      },
      TemplateLiteral(node) {
        const tag = node.parent?.type === 'TaggedTemplateExpression' ? node.parent.tag : null
        const whole = node.quasis.map((quasi) => quasi.value.raw).join(' ')
        if (tag?.type === 'Identifier' && tag.name === 'sql') text(node, whole)
        else if (SQL_WORDS.test(whole)) text(node, whole)
      },
      Literal(node) {
        if (typeof node.value === 'string' && SQL_WORDS.test(node.value)) text(node, node.value)
      },
    }
  },
}

export default {
  meta: { name: 'clock' },
  rules: { 'no-machine-time': readsMachineTime, 'no-database-time': readsDatabaseTime },
}
