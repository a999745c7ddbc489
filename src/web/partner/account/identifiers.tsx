import { data, Form, redirect, useActionData } from 'react-router'
import { TagRegular } from '@fluentui/react-icons/svg/tag'
import { readForm } from '../../form.ts'
import { field, refused } from '../../ui/portal-access.server.ts'
import { ConfirmForm, FormRow, SelectField, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../../ui/portal-link.tsx'
import { FormRows, More } from '../../ui/portal-more.tsx'
import { EmptyState, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { DateText } from '../../ui/portal-time.tsx'
import { enterAccount } from './account-access.server.ts'
import { residenceName } from './account-data.server.ts'
import { publisherStatuses, withHyphens } from './account-words.ts'
import type { Route } from './+types/identifiers.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Identifiers' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Identifiers · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const { user, domain, account, base, read } = await enterAccount(args, 'seller-account.read')
  const { accountId } = account
  const search = new URL(args.request.url).searchParams
  return read(async (ctx) => {
    const { mpnIds, sellerId } = await domain.accounts.accountSettings(ctx, accountId)
    const guids = await domain.accounts.trackingGuids(ctx, accountId)
    const made = guids.find((one) => one.guid === search.get('made'))
    return {
      base,
      email: user.email,
      done: search.get('done'),
      made: made ? withHyphens(made.guid) : null,
      sellerId,
      mpnIds: mpnIds.map(({ mpnId, location, country, isCsp }) => ({ mpnId, location, country: residenceName(country), isCsp })),
      publishers: (await domain.accounts.publishersOfAccount(ctx, accountId)).map(({ publisherId, name, mpnId, status }) => ({
        publisherId,
        name,
        mpnId,
        status,
      })),
      guids: guids.map((one) => ({ ...one, createdAt: one.createdAt.toString(), retiredAt: null })),
    }
  })
}

export async function action(args: Route.ActionArgs) {
  const { domain, account, base, run } = await enterAccount(args, 'seller-account.manage')
  const form = await readForm(args.request)
  const { accountId } = account
  const intent = field(form, 'intent')
  const given = {
    name: field(form, 'name'),
    product: field(form, 'product'),
    channel: field(form, 'channel'),
    mpnId: field(form, 'mpnId'),
  }
  try {
    const made = await run(async (ctx) => {
      if (intent === 'retire') {
        await domain.accounts.retireTrackingGuid(ctx, accountId, field(form, 'guid'))
        return null
      }
      if (intent === 'register') return domain.accounts.registerTrackingGuid(ctx, accountId, { ...given, guid: field(form, 'guid') })
      return domain.accounts.generateTrackingGuid(ctx, accountId, { ...given, mailTo: field(form, 'mailTo') })
    })
    return redirect(`${base}/identifiers?${made ? `done=guid&made=${made.guid}` : 'done=retired'}#guids`, 303)
  } catch (error) {
    return refusedAs(intent, error)
  }
}

/** A refusal that knows which of the page's forms it belongs to. */
function refusedAs(intent: string, error: unknown) {
  const answer = refused(error)
  return data({ ...answer.data, intent }, { status: answer.init?.status ?? 400 })
}

export default function Identifiers({ loaderData }: Route.ComponentProps) {
  const { base, email, done, made, sellerId, mpnIds, publishers, guids } = loaderData
  const refusal = useActionData<typeof action>()
  const errorsOf = (intent: string) => (refusal && refusal.intent === intent ? refusal.errors.fields : {})
  const generator = errorsOf('generate')
  const register = errorsOf('register')
  const csp = mpnIds.filter((one) => one.isCsp)
  const mpnChoices = mpnIds.map((one) => ({ value: one.mpnId, label: `${one.mpnId} (${one.location})` }))
  return (
    <PortalPage title="Identifiers" lead="The IDs under which your organisation, its publishers and its products are known.">
      {refusal ? (
        <Notice intent="error" title="This was not done.">
          {refusal.errors.message}
        </Notice>
      ) : made ? (
        <Notice intent="success" title="The tracking GUID is registered:">
          {made}
        </Notice>
      ) : done === 'retired' ? (
        <Notice intent="success" title="The tracking GUID has left the list." />
      ) : null}
      <Section title="MPN IDs" actions={<TextLink to={`${base}/legal/partner`}>Business locations</TextLink>}>
        <DataTable
          caption="MPN IDs of this account"
          rows={mpnIds}
          rowKey={(row) => row.mpnId}
          columns={[
            { key: 'id', header: 'MPN ID', cell: (row) => row.mpnId, rowHeader: true },
            { key: 'location', header: 'Location', cell: (row) => row.location },
            { key: 'country', header: 'Country or region', cell: (row) => row.country },
          ]}
        />
      </Section>
      <Section title="CSP" card>
        <span>{csp.length === 0 ? 'No MPN ID of this account is in the CSP program.' : csp.map((one) => one.mpnId).join(', ')}</span>
      </Section>
      <Section title="Publisher" actions={<ButtonLink to={`${base}/publishers/new`}>Add publisher</ButtonLink>}>
        <DataTable
          caption={`Publishers of this account; seller ID ${sellerId ?? ''}`}
          rows={publishers}
          rowKey={(row) => row.publisherId}
          columns={[
            { key: 'id', header: 'Publisher ID', cell: (row) => row.publisherId, rowHeader: true },
            { key: 'name', header: 'Name', cell: (row) => <TextLink to={`${base}/publishers/${row.publisherId}`}>{row.name}</TextLink> },
            { key: 'seller', header: 'Seller ID', cell: () => sellerId ?? '–' },
            { key: 'mpn', header: 'MPN ID', cell: (row) => row.mpnId ?? '–' },
            { key: 'status', header: 'Status', cell: (row) => publisherStatuses[row.status]?.label ?? row.status },
          ]}
        />
      </Section>
      <Section title="Tracking GUIDs" actions={<TextLink to={`${base}/identifiers/usage`}>Usage by tracking GUID</TextLink>}>
        <p>
          A tracking GUID attributes the cloud usage of a product to you. Register one for each offer and way to the customer; finer, for
          each plan, is possible.
        </p>
        {guids.length === 0 ? (
          <EmptyState icon={<TagRegular />} title="No tracking GUID yet">
            Generate one below, or register one that your product carries already.
          </EmptyState>
        ) : (
          <DataTable
            caption="Tracking GUIDs of this account"
            rows={guids}
            rowKey={(row) => row.guid}
            columns={[
              { key: 'guid', header: 'Tracking GUID', cell: (row) => <code>{withHyphens(row.guid)}</code>, rowHeader: true },
              { key: 'name', header: 'Name', cell: (row) => row.name },
              { key: 'product', header: 'Product', cell: (row) => row.product },
              { key: 'channel', header: 'Channel', cell: (row) => row.channel },
              { key: 'mpn', header: 'MPN ID', cell: (row) => row.mpnId ?? '–' },
              { key: 'at', header: 'Registered', cell: (row) => <DateText value={row.createdAt} /> },
              {
                key: 'retire',
                header: 'Action',
                cell: (row) => (
                  <ConfirmForm
                    intent="retire"
                    fields={{ guid: row.guid }}
                    button="Retire"
                    small
                    title={`Retire ${row.name}?`}
                    confirm="Retire it"
                    keep="Keep it"
                  >
                    The GUID leaves the list and is never registered again. Products that carry it are not attributed any more.
                  </ConfirmForm>
                ),
              },
            ]}
          />
        )}
        <Section title="Generate a tracking GUID" card>
          <Form method="post" key={made ?? ''}>
            <FormRows>
              <FormRow>
                <TextField name="name" label="Name" hint="By which you will know it" required error={generator.name} />
                <TextField name="product" label="Offer or product" required error={generator.product} />
                <TextField name="channel" label="Channel" hint="Such as Business store or GitHub" required error={generator.channel} />
              </FormRow>
              <FormRow>
                <SelectField name="mpnId" label="MPN ID" options={mpnChoices} hint="Under which usage is told" error={generator.mpnId} />
                <TextField
                  name="mailTo"
                  label="Mail it to"
                  type="email"
                  hint="Empty: it is only shown here"
                  defaultValue={email}
                  error={generator.mailTo}
                />
              </FormRow>
              <FormRow>
                <SubmitButton name="intent" value="generate" appearance="primary">
                  Generate and register
                </SubmitButton>
              </FormRow>
            </FormRows>
          </Form>
          <More label="Register a GUID that you have already">
            <Form method="post">
              <FormRows>
                <FormRow>
                  <TextField name="guid" label="GUID" hint="32 hexadecimal digits" autoComplete="off" required error={register.guid} />
                  <TextField name="name" label="Name" required error={register.name} />
                  <TextField name="product" label="Offer or product" required error={register.product} />
                  <TextField name="channel" label="Channel" required error={register.channel} />
                  <SelectField name="mpnId" label="MPN ID" options={mpnChoices} error={register.mpnId} />
                </FormRow>
                <FormRow>
                  <SubmitButton name="intent" value="register">
                    Register
                  </SubmitButton>
                </FormRow>
              </FormRows>
            </Form>
          </More>
        </Section>
      </Section>
    </PortalPage>
  )
}
