import { Field, Input, Select } from '@fluentui/react-components'
import { useState } from 'react'
import { FormDialog } from './form-dialog.tsx'
import { IdField } from './id-field.tsx'
import { offerIdRules } from './id-rules.ts'

/** Starts the draft of an offer. Its id and alias are chosen once. */
export function NewOffer({ types, onClose }: { types: { type: string; label: string }[]; onClose: () => void }) {
  const [offerId, setOfferId] = useState('')
  return (
    <FormDialog open title="New offer" hidden={{ intent: 'create' }} submit="Create" onClose={onClose}>
      {(errorOf) => (
        <>
          <Field label="Type of offer" validationMessage={errorOf('offerType')}>
            <Select name="offerType" defaultValue={types[0]?.type}>
              {types.map(({ type, label }) => (
                <option key={type} value={type}>
                  {label}
                </option>
              ))}
            </Select>
          </Field>
          <IdField
            name="offerId"
            label="Offer ID"
            hint="Customers see it in the address of the listing. It cannot change later."
            value={offerId}
            rules={offerIdRules}
            error={errorOf('offerId')}
            onChange={setOfferId}
          />
          <Field
            label="Offer alias"
            hint="The name of the offer in Partner Center only. For an offer that stays in testing, add _test to it."
            required
            validationMessage={errorOf('alias')}
          >
            <Input name="alias" autoComplete="off" />
          </Field>
        </>
      )}
    </FormDialog>
  )
}
