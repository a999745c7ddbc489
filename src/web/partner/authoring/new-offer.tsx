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

/**
 * A copy of an offer with another id: one to test with, which never goes live, or the one to sell made from it (spec/05 §5.13).
 */
export function CopyOffer({ offer, onClose }: { offer: { offerId: string; alias: string }; onClose: () => void }) {
  const isTest = offer.offerId.endsWith('_test')
  const renamed = (name: string) => (isTest ? name.replace(/_test$/, '') : `${name}_test`)
  const [offerId, setOfferId] = useState(() => renamed(offer.offerId))
  return (
    <FormDialog open title={`Copy ${offer.alias}`} hidden={{ intent: 'copy', offer: offer.offerId }} submit="Copy" onClose={onClose}>
      {(errorOf) => (
        <>
          <p style={{ margin: 0 }}>
            Every page, plan and price is copied into a new draft. An offer to test with keeps tests out of your figures: give it test
            endpoints and prices of zero, and never take it live.
          </p>
          <IdField
            name="offerId"
            label="Offer ID"
            hint="Customers see it in the address of the listing. It cannot change later."
            value={offerId}
            rules={offerIdRules}
            error={errorOf('offerId')}
            onChange={setOfferId}
          />
          <Field label="Offer alias" required validationMessage={errorOf('alias')}>
            <Input name="alias" autoComplete="off" defaultValue={renamed(offer.alias)} />
          </Field>
          <Field label="Plan IDs" validationMessage={errorOf('planIds') ?? errorOf('planId')}>
            <Select name="planIds" defaultValue={isTest ? 'remove-test' : 'add-test'}>
              <option value="same">The same</option>
              <option value="add-test">With the ending _test</option>
              <option value="remove-test">Without the ending _test</option>
            </Select>
          </Field>
        </>
      )}
    </FormDialog>
  )
}
