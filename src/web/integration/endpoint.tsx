import { makeStyles, tokens } from '@fluentui/react-components'
import { Form, type LoaderFunctionArgs, redirect, useActionData, useLoaderData } from 'react-router'
import { invalid } from '../../kernel/errors.ts'
import { enterDesk } from '../ui/desk.server.ts'
import { field, refused } from '../ui/portal-access.server.ts'
import { FormRow, SelectField, SubmitButton } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { Facts, Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { Status } from '../ui/portal-status.tsx'
import { deskAddress } from './desk-address.ts'
import { configureEndpoint, endpointPage, pauseEndpoint } from './webhook-data.server.ts'

type Data = Awaited<ReturnType<typeof endpointPage>>

export const handle: CrumbHandle = {
  crumbs: (data: Data | undefined, params) => [
    { text: 'Webhooks', to: `${deskAddress(params)}/webhooks` },
    { text: data?.name ?? 'Endpoint' },
  ],
}
export const meta = () => [{ title: 'Webhook endpoint' }]

const keyOf = ({ params, request }: LoaderFunctionArgs) => ({
  offer: params.offer ?? '',
  preview: new URL(request.url).searchParams.get('of') === 'preview',
})

export async function loader(args: LoaderFunctionArgs) {
  const desk = await enterDesk(args, 'webhook.read')
  const done = new URL(args.request.url).searchParams.has('done')
  return { done, ...(await endpointPage(desk, keyOf(args))) }
}

export async function action(args: LoaderFunctionArgs) {
  const desk = await enterDesk(args, 'webhook.manage')
  const key = keyOf(args)
  const form = await args.request.formData()
  const intent = field(form, 'intent')
  try {
    if (intent === 'pause' || intent === 'resume') await pauseEndpoint(desk, key, intent === 'pause')
    else {
      const [signed, successWord] = [field(form, 'signed'), field(form, 'successWord')]
      if (signed !== 'yes' && signed !== 'no') throw invalid('ChoiceInvalid', 'Choose with or without a token.', { target: 'signed' })
      if (successWord !== 'Succeeded' && successWord !== 'Success')
        throw invalid('ChoiceInvalid', 'Choose one of the two words.', { target: 'successWord' })
      await configureEndpoint(desk, key, { signed: signed === 'yes', successWord })
    }
  } catch (error) {
    return refused(error)
  }
  return redirect(`${desk.base}/webhooks/endpoints/${key.offer}?${key.preview ? 'of=preview&' : ''}done`, 303)
}

const useStyles = makeStyles({
  form: { display: 'grid', rowGap: tokens.spacingVerticalL, gridTemplateColumns: 'minmax(0, 1fr)' },
  long: { overflowWrap: 'anywhere' },
})

export default function Endpoint() {
  const styles = useStyles()
  const one = useLoaderData<typeof loader>()
  const errors = useActionData<typeof action>()?.errors
  return (
    <PortalPage title={one.name} lead="Where the offer’s technical configuration points to, and how webhooks are sent there.">
      {errors ? (
        <Notice intent="error" title="This was not done.">
          {errors.message}
        </Notice>
      ) : one.done ? (
        <Notice intent="success" title="Saved.">
          It holds for webhooks that leave from now on.
        </Notice>
      ) : null}
      <Section
        title="Endpoint"
        card
        actions={
          <Form method="post">
            <SubmitButton name="intent" value={one.pausedAt ? 'resume' : 'pause'}>
              {one.pausedAt ? 'Let webhooks go' : 'Hold webhooks back'}
            </SubmitButton>
          </Form>
        }
      >
        <Facts
          facts={[
            { label: 'State', value: <Status tone={one.pausedAt ? 'attention' : 'good'}>{one.pausedAt ? 'Paused' : 'Open'}</Status> },
            { label: 'Publisher', value: one.publisherId },
            { label: 'Webhook', value: <span className={styles.long}>{one.webhookUrl}</span> },
            { label: 'Landing page', value: <span className={styles.long}>{one.landingPageUrl}</span> },
            { label: 'Tenant', value: one.tenantId },
            { label: 'Application', value: one.applicationId },
          ]}
        />
      </Section>
      <Section title="How webhooks are sent" card>
        <Form method="post" noValidate className={styles.form} aria-label="How webhooks are sent" key={`${one.signed}/${one.successWord}`}>
          <FormRow>
            <SelectField
              name="signed"
              label="Bearer token"
              options={[
                { value: 'yes', label: 'With a token of the directory' },
                { value: 'no', label: 'Without a token' },
              ]}
              defaultValue={one.signed ? 'yes' : 'no'}
              hint="Without one, Get operation is the only proof that a webhook is genuine."
              error={errors?.fields.signed}
            />
            <SelectField
              name="successWord"
              label="Status of what has succeeded"
              options={[
                { value: 'Succeeded', label: 'Succeeded' },
                { value: 'Success', label: 'Success' },
              ]}
              defaultValue={one.successWord}
              hint="Success is the word of the 2021 documentation."
              error={errors?.fields.successWord}
            />
          </FormRow>
          <FormRow>
            <SubmitButton appearance="primary" name="intent" value="configure">
              Save
            </SubmitButton>
          </FormRow>
        </Form>
      </Section>
    </PortalPage>
  )
}
