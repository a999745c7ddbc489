import { FormRow, TextField } from '../../ui/portal-form.tsx'

/** The first publisher of an account: its name in the stores, and its id for good. */
export function PublisherStep({ name, publisherId, errors }: { name: string; publisherId: string; errors: Record<string, string> }) {
  return (
    <FormRow>
      <TextField
        name="publisherName"
        label="Publisher name"
        hint="Shown with your offers in the stores"
        defaultValue={name}
        required
        error={errors.publisherName}
      />
      <TextField
        name="publisherId"
        label="Publisher ID"
        hint="Lower-case letters, digits, hyphens and underscores; part of every address of your offers, for good"
        defaultValue={publisherId}
        autoComplete="off"
        required
        error={errors.publisherId}
      />
    </FormRow>
  )
}
