import { FormRow, TextField } from '../../ui/portal-form.tsx'

interface Values {
  name: string
  contactName: string
  contactEmail: string
  contactPhone: string
}

/** What is shown of a publisher with its offers, and whom the marketplace asks about it. */
export function PublisherFields({ values, errors }: { values: Values; errors: Record<string, string> }) {
  return (
    <>
      <FormRow>
        <TextField
          name="name"
          label="Publisher name"
          hint="Shown with your offers in the stores"
          defaultValue={values.name}
          required
          error={errors.name}
        />
      </FormRow>
      <FormRow>
        <TextField name="contactName" label="Contact" defaultValue={values.contactName} error={errors.contactName} />
        <TextField
          name="contactEmail"
          label="Contact’s e-mail"
          type="email"
          defaultValue={values.contactEmail}
          error={errors.contactEmail}
        />
        <TextField
          name="contactPhone"
          label="Contact’s telephone"
          type="tel"
          defaultValue={values.contactPhone}
          error={errors.contactPhone}
        />
      </FormRow>
    </>
  )
}
