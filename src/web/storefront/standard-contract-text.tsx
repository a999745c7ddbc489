/** The contract that publishers may adopt instead of terms of their own. Its version is part of every acceptance (`standard-2021-11`). */
const clauses: readonly { title: string; text: string }[] = [
  {
    title: 'Parties and order',
    text: 'This contract is made between the publisher named in the order and the organisation that places the order. The marketplace operates the store, the billing and the payment; it is not a party to this contract.',
  },
  {
    title: 'Right of use',
    text: 'For the term ordered, the publisher grants the organisation a non-exclusive, non-transferable right to use the offer for its own business, for the number of users and the quantities ordered. Affiliates and contractors may use it on behalf of the organisation, which answers for them.',
  },
  {
    title: 'Restrictions',
    text: 'The organisation does not resell the offer, does not try to obtain its source code except where the law allows it, and does not use it to harm others or to break the law.',
  },
  {
    title: 'Prices, renewal and cancellation',
    text: 'Prices are those of the order, without tax. A subscription renews for the same term at the price then in force until it is cancelled. A cancellation takes effect as the marketplace shows it when the cancellation is made. Usage above the included quantities is billed after the month in which it occurred.',
  },
  {
    title: 'Data and privacy',
    text: 'Data that the organisation puts into the offer stays its own. The publisher processes it only to provide the offer, protects it with measures that are usual in the trade, and tells the organisation without delay of a breach. Where personal data is processed, the publisher acts as processor under the applicable data protection law.',
  },
  {
    title: 'Confidentiality',
    text: 'Each party keeps what it learns of the other in confidence and uses it only for this contract, for five years after its end. This does not cover what is public, was known before, or must be disclosed by law.',
  },
  {
    title: 'Warranty',
    text: 'The publisher warrants that the offer works essentially as its documentation says and that it is free of malicious code as far as current means can tell. When it does not, the publisher repairs it, or ends the subscription and refunds what was paid for the rest of the term.',
  },
  {
    title: 'Rights of others',
    text: 'The publisher defends the organisation against the claim that the offer infringes the rights of others and pays what a court awards, if it is told promptly and may lead the defence.',
  },
  {
    title: 'Liability',
    text: 'Liability of each party is limited to direct damage up to the amount paid for the offer in the twelve months before the event. This limit does not apply to intent, gross negligence, injury to persons, breach of confidentiality or where the law forbids it.',
  },
  {
    title: 'End of the contract',
    text: 'Either party may end the contract when the other breaks it and does not put it right within thirty days of written notice. For thirty days after the end the organisation can export its data; then the publisher deletes it.',
  },
  {
    title: 'Law and general terms',
    text: 'The law of the place where the publisher has its seat applies. If a clause is not valid the others stay. Changes need the written consent of both parties; purchase conditions of the organisation do not apply.',
  },
]

export function StandardContractText() {
  return (
    <ol className="contract">
      {clauses.map(({ title, text }) => (
        <li key={title}>
          <strong>{title}.</strong> {text}
        </li>
      ))}
    </ol>
  )
}
