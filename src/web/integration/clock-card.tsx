import { makeStyles, tokens } from '@fluentui/react-components'
import { ArrowForwardRegular } from '@fluentui/react-icons/svg/arrow-forward'
import { Form } from 'react-router'
import { FormRow, SubmitButton, TextField } from '../ui/portal-form.tsx'
import { Notice, Section } from '../ui/portal-page.tsx'
import { MomentText } from '../ui/portal-time.tsx'

const steps = [
  { period: 'PT10S', label: '10 seconds' },
  { period: 'PT1H', label: '1 hour' },
  { period: 'P1D', label: '1 day' },
  { period: 'P7D', label: '1 week' },
  { period: 'P1M', label: '1 month' },
  { period: 'P1Y', label: '1 year' },
]

const useStyles = makeStyles({
  steps: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS, alignItems: 'center' },
  text: { margin: 0, lineHeight: tokens.lineHeightBase400 },
})

interface ClockCardProps {
  base: string
  now: string
  moved: string | null
  trouble: string | null
  /** comes back to this subscription's page */
  subscription?: string
}

/** Market time, and the way forward. */
export function ClockCard({ base, now, moved, trouble, subscription }: ClockCardProps) {
  const styles = useStyles()
  const to = `${base}/sandbox/clock`
  const back = subscription === undefined ? null : <input type="hidden" name="subscription" value={subscription} />
  return (
    <>
      {trouble ? (
        <Notice intent="error" title="The clock.">
          {trouble}
        </Notice>
      ) : null}
      {moved ? (
        <Notice intent="success" title="The clock has moved.">
          From <MomentText value={moved} seconds />. The time line shows what happened since.
        </Notice>
      ) : null}
      <Section title="Market time" card>
        <p className={styles.text}>
          It is{' '}
          <strong>
            <MomentText value={now} seconds />
          </strong>
          . Moving forward runs everything that becomes due, for everybody in this sandbox.
        </p>
        <Form method="post" action={to} className={styles.steps} aria-label="Move the clock by a step">
          {back}
          {steps.map((step) => (
            <SubmitButton key={step.period} name="advance" value={step.period}>{`+ ${step.label}`}</SubmitButton>
          ))}
        </Form>
        <Form method="post" action={to} noValidate aria-label="Move the clock to a date">
          {back}
          <FormRow>
            <TextField name="to" type="datetime-local" label="Or to a date and time (UTC)" defaultValue={now.slice(0, 16)} />
            <SubmitButton icon={<ArrowForwardRegular />}>Move to this time</SubmitButton>
          </FormRow>
        </Form>
      </Section>
    </>
  )
}
