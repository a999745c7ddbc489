// Offer types are data, as an oxlint plugin.
//
// What an offer type is stands in its one definition (src/domain/offers/<type>.ts). Code that asks for a type by name would have to be
// found and extended for every new type; it reads the definition instead.

const asksForType = (node) =>
  (node?.type === 'Identifier' && node.name === 'offerType') ||
  (node?.type === 'MemberExpression' && !node.computed && node.property.name === 'offerType') ||
  (node?.type === 'ChainExpression' && asksForType(node.expression))

const isText = (node) => (node?.type === 'Literal' && typeof node.value === 'string') || node?.type === 'TemplateLiteral'

const message =
  'Code does not ask for an offer type by name: put what differs into the definition (src/domain/offers) and read it from there.'

const noTypeByName = {
  create(context) {
    return {
      BinaryExpression(node) {
        if (!/^[!=]==?$/.test(node.operator)) return
        const { left, right } = node
        if ((asksForType(left) && isText(right)) || (asksForType(right) && isText(left))) context.report({ node, message })
      },
      SwitchStatement(node) {
        if (asksForType(node.discriminant)) context.report({ node, message })
      },
    }
  },
}

export default { meta: { name: 'offer-types' }, rules: { 'no-type-by-name': noTypeByName } }
