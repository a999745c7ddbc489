import { CheckField } from '../../ui/portal-check.tsx'
import { AgreementText } from '../account/agreement-text.tsx'
import { Section } from '../../ui/portal-page.tsx'

/** An agreement of an enrolment: its text, and the box that accepts the version shown. */
export function AgreementStep({
  name,
  agreement,
  error,
}: {
  name: string
  agreement: { title: string; version: string; body: string }
  error: string | undefined
}) {
  return (
    <Section title={agreement.title} card>
      <AgreementText title={agreement.title} body={agreement.body} framed />
      <CheckField
        name={name}
        value={agreement.version}
        label={`I have read version ${agreement.version} of the ${agreement.title} and accept it for the company`}
        error={error}
        required
      />
    </Section>
  )
}
