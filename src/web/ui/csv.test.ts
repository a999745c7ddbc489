import { expect, test } from 'vitest'
import { csv } from './csv.ts'

test('a customer’s name cannot become a formula in a spreadsheet', () => {
  expect(csv([['Name'], ['=HYPERLINK("http://x")'], ['+1'], ['-1'], ['@a']])).toBe(
    '\uFEFFName\r\n"\'=HYPERLINK(""http://x"")"\r\n\'+1\r\n\'-1\r\n\'@a\r\n',
  )
})

test('neither do blanks or wide signs before it make one', () => {
  expect(csv([['Name'], [' =1+1'], ['＝1'], ['\n=1']])).toBe("\uFEFFName\r\n' =1+1\r\n'＝1\r\n\"'\n=1\"\r\n")
})

test('quotes, commas and line breaks stay within their cell; numbers and blanks are plain', () => {
  expect(csv([['a "b", c', 'two\nlines', -5, null]])).toBe('\uFEFF"a ""b"", c","two\nlines",-5,\r\n')
})
