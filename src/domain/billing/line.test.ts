import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Decimal, minorUnits, roundMoney } from '../../kernel/money.ts'
import { lineAmounts, sum } from './line.ts'

const amounts = (net: string, currency: string, tax: string, fee: string) => {
  const line = lineAmounts(new Decimal(net), currency, new Decimal(tax), new Decimal(fee))
  const text = (value: Decimal) => value.toFixed(minorUnits(currency))
  return { net: text(line.net), tax: text(line.tax), fee: text(line.fee), share: text(line.publisherShare) }
}

test('AC-135 SA-155 the SaaS example: 100.00 billed, 97.00 to the publisher, 3.00 to the marketplace', () => {
  expect(amounts('100', 'USD', '0', '3')).toEqual({ net: '100.00', tax: '0.00', fee: '3.00', share: '97.00' })
})

test('AC-133 AC-136 the VM example: 1.14 an hour billed; 0.97 to the publisher, 0.03 and the infrastructure to the platform', () => {
  const licence = amounts('1.00', 'USD', '0', '3')
  const infrastructure = amounts('0.14', 'USD', '0', '100')
  expect(licence).toEqual({ net: '1.00', tax: '0.00', fee: '0.03', share: '0.97' })
  expect(infrastructure).toEqual({ net: '0.14', tax: '0.00', fee: '0.14', share: '0.00' })
  expect(sum([licence, infrastructure].map((line) => new Decimal(line.net))).toFixed(2)).toBe('1.14')
})

test('AC-134 the BYOL example: only infrastructure is billed, no fee on the licence', () => {
  expect(amounts('0.14', 'USD', '0', '100')).toEqual({ net: '0.14', tax: '0.00', fee: '0.14', share: '0.00' })
})

test('AC-132 another fee percentage', () => {
  expect(amounts('100', 'USD', '0', '2.5')).toMatchObject({ fee: '2.50', share: '97.50' })
  expect(amounts('100', 'USD', '0', '0')).toMatchObject({ fee: '0.00', share: '100.00' })
})

test('the sample offer of contoso-notify: overage in dollars (spec/05 §5.10)', () => {
  const usage = (units: string, price: string) => amounts(new Decimal(units).times(price).toFixed(), 'USD', '0', '3')
  expect(usage('12', '1')).toEqual({ net: '12.00', tax: '0.00', fee: '0.36', share: '11.64' }) // basic, 1,200 e-mails above 10,000
  expect(usage('333', '0.02')).toEqual({ net: '6.66', tax: '0.00', fee: '0.20', share: '6.46' })
  expect(usage('3', '0.5')).toEqual({ net: '1.50', tax: '0.00', fee: '0.05', share: '1.45' }) // premium; 0.045 rounds up
  expect(usage('1', '0.005')).toEqual({ net: '0.01', tax: '0.00', fee: '0.00', share: '0.01' }) // enterprise: half a cent rounds away from zero
})

test('minor units of 2, 0 and 3 digits: EUR, JPY, KWD', () => {
  expect(amounts('275.08', 'EUR', '19', '3')).toEqual({ net: '275.08', tax: '52.27', fee: '8.25', share: '266.83' })
  expect(amounts('45298.5', 'JPY', '10', '3')).toEqual({ net: '45299', tax: '4530', fee: '1359', share: '43940' })
  expect(amounts('15.0205', 'KWD', '5', '3')).toEqual({ net: '15.021', tax: '0.751', fee: '0.451', share: '14.570' })
})

test('what is taken back is exactly what was billed', () => {
  const currency = fc.constantFrom('USD', 'EUR', 'JPY', 'KWD')
  const amount = fc.integer({ min: 0, max: 10_000_000_000 }).map((n) => new Decimal(n).div(10_000))
  fc.assert(
    fc.property(amount, currency, fc.integer({ min: 0, max: 270 }), fc.integer({ min: 0, max: 1000 }), (net, code, tax, fee) => {
      const there = lineAmounts(net, code, new Decimal(tax).div(10), new Decimal(fee).div(10))
      const back = lineAmounts(there.net.negated(), code, new Decimal(tax).div(10), new Decimal(fee).div(10))
      expect(back.net.plus(there.net).isZero() && back.tax.plus(there.tax).isZero() && back.fee.plus(there.fee).isZero()).toBe(true)
      expect(there.publisherShare.plus(there.fee).equals(there.net)).toBe(true)
      expect([there.net, there.tax, there.fee, there.publisherShare].every((value) => value.equals(roundMoney(value, code)))).toBe(true)
    }),
  )
})
