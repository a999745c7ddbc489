import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { testKernel } from '../../test/harness.ts'
import { type Ctx, system, type UserPrincipal } from './context.ts'
import { isDomainError } from './errors.ts'
import { mailTemplates, standardMail } from './mail-templates.ts'

const operator: UserPrincipal = {
  kind: 'user',
  tenantId: 'b5f7a1c2-0000-4000-8000-000000000001',
  objectId: 'b5f7a1c2-0000-4000-8000-0000000000aa',
  email: 'operator@market.example',
  displayName: 'Operator',
  roles: ['operator'],
}

test('the operator changes subject and frame of a mail, sees how it looks, and takes it back; facts and links stay', async () => {
  const kernel = await testKernel()
  const { mailTemplates: templates } = kernel
  const as = <T>(use: (ctx: Ctx) => Promise<T>) => kernel.run(operator, use)
  const send = (template: string, html?: string) =>
    kernel.run(system, (ctx) =>
      kernel.mail.send(ctx, {
        to: 'a@b.example',
        subject: 'Invoice 1',
        text: 'Pay at https://x.example/1',
        template,
        ...(html ? { html } : {}),
      }),
    )
  const newest = async () => (await kernel.run(system, (ctx) => kernel.mail.list(ctx, { limit: 1 })))[0]
  await send('invoice')
  const override = { subject: '[{{brand}}] {{ subject }}', body: 'Dear customer,\n\n{{text}}\n\nYour team\n<{{site}}>' }
  expect(await as((ctx) => templates.preview(ctx, 'invoice', override))).toEqual({
    subject: '[Stoa] Invoice 1',
    text: `Dear customer,\n\nPay at https://x.example/1\n\nYour team\n<${kernel.config.publicUrl}>`,
  })
  // A preview changes nothing.
  await send('invoice')
  expect(await newest()).toMatchObject({ subject: 'Invoice 1', text: 'Pay at https://x.example/1' })

  await as((ctx) => templates.save(ctx, 'invoice', override))
  await send('invoice', '<p>Pay <a href="https://x.example/1">here</a></p>')
  expect(await newest()).toMatchObject({ subject: '[Stoa] Invoice 1' })
  expect((await newest())?.text).toMatch(/^Dear customer,\n\nPay at/)
  expect((await newest())?.html).toBe(
    `<p>Dear customer,</p>\n<p>Pay <a href="https://x.example/1">here</a></p>\n<p>Your team<br>&lt;${kernel.config.publicUrl}&gt;</p>`,
  )
  // Of other mails nothing has changed.
  await send('credit-note')
  expect(await newest()).toMatchObject({ subject: 'Invoice 1' })
  const listed = await as((ctx) => templates.list(ctx))
  expect(listed.filter((one) => one.override).map(({ name, override: changed }) => [name, changed?.changedBy])).toEqual([
    ['invoice', operator.email],
  ])

  const refusal = async (bad: { subject: string; body: string }) => {
    const error: unknown = await as((ctx) => templates.save(ctx, 'invoice', bad)).catch((caught: unknown) => caught)
    return isDomainError(error) ? error.details.map(({ target }) => target) : error
  }
  expect(await refusal({ subject: '', body: 'no text' })).toEqual(['subject', 'body'])
  expect(await refusal({ subject: '{{text}}', body: '{{text}} {{text}}' })).toEqual(['subject', 'body'])
  expect(await refusal({ subject: '{{password}}', body: '{{text}} {{#if}}' })).toEqual(['subject', 'body'])
  expect(await refusal({ subject: '{{brand', body: '{{text}}' })).toEqual(['subject'])

  await as((ctx) => templates.reset(ctx, 'invoice'))
  await send('invoice')
  expect(await newest()).toMatchObject({ subject: 'Invoice 1', text: 'Pay at https://x.example/1' })
  await expect(as((ctx) => templates.get(ctx, 'nonsense'))).rejects.toMatchObject({ code: 'TemplateNotFound' })
  await expect(kernel.run({ ...operator, roles: [] }, (ctx) => templates.save(ctx, 'invoice', standardMail))).rejects.toMatchObject({
    kind: 'forbidden',
  })
  const audited = await as((ctx) => kernel.audit.search(ctx, { target: 'mail-template:invoice' }, { limit: 9 }))
  expect(audited.map(({ action }) => action)).toEqual(['mail-template.reset', 'mail-template.change'])
})

test('every mail that the domain writes can be changed', () => {
  const named = globSync('src/domain/**/*.ts', {
    cwd: new URL('../..', import.meta.url).pathname,
    exclude: (name) => name.endsWith('.test.ts'),
  })
    .map((file) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'))
    .flatMap((text) => [...text.matchAll(/\btemplate: '([a-z-]+)'/g)].map((match) => match[1] ?? ''))
  expect(named.length).toBeGreaterThan(10)
  expect([...new Set(named)].filter((name) => !Object.hasOwn(mailTemplates, name))).toEqual([])
})
