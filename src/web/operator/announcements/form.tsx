import { Form } from 'react-router'
import { type FormErrors, FormRow, SelectField, SubmitButton, TextAreaField, TextField } from '../../ui/portal-form.tsx'
import { FormRows } from '../../ui/portal-more.tsx'

export interface AnnouncementChoices {
  groups: { value: string; label: string }[]
  categories: { value: string; label: string }[]
  audiences: { value: string; label: string }[]
}

interface AnnouncementFormProps {
  choices: AnnouncementChoices
  errors: FormErrors['fields']
  /** what is there already */
  given?: { group: string; category: string; audience: string; onDay: string; text: string; address: string }
  button: string
}

/** The fields of an announcement. */
export function AnnouncementForm({ choices, errors, given, button }: AnnouncementFormProps) {
  return (
    <Form method="post">
      <FormRows>
        <FormRow>
          <SelectField name="group" label="Group" options={choices.groups} defaultValue={given?.group} error={errors.group} />
          <SelectField
            name="category"
            label="Category"
            options={choices.categories}
            defaultValue={given?.category}
            error={errors.category}
          />
          <SelectField name="audience" label="For" options={choices.audiences} defaultValue={given?.audience} error={errors.audience} />
          <TextField
            name="onDay"
            type="date"
            label="From"
            hint="Empty: from today on"
            defaultValue={given?.onDay ?? ''}
            error={errors.onDay}
          />
        </FormRow>
        <TextAreaField name="text" label="Text" rows={4} defaultValue={given?.text} error={errors.text} required />
        <FormRow>
          <TextField
            name="address"
            label="Read more at"
            placeholder="/docs/payouts"
            defaultValue={given?.address ?? ''}
            error={errors.address}
          />
          <SubmitButton appearance="primary">{button}</SubmitButton>
        </FormRow>
      </FormRows>
    </Form>
  )
}
