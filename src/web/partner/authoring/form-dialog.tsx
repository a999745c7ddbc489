import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  tokens,
} from '@fluentui/react-components'
import type { ReactNode } from 'react'
import { useFetcher } from 'react-router'
import { Notice } from '../../ui/portal-page.tsx'
import type { FormErrors } from '../../ui/portal-form.tsx'

const useStyles = makeStyles({
  fields: { display: 'grid', gridTemplateColumns: 'minmax(0, 1fr)', rowGap: tokens.spacingVerticalL },
})

interface FormDialogProps {
  open: boolean
  title: string
  /** what is sent besides the fields */
  hidden: Record<string, string>
  submit: string
  onClose: () => void
  children: (errorOf: (name: string) => string | undefined) => ReactNode
}

/** A form in a dialog. The page's action answers it: with errors, shown at their fields, or by leading to the next page. */
export function FormDialog({ open, title, hidden, submit, onClose, children }: FormDialogProps) {
  const styles = useStyles()
  const fetcher = useFetcher<{ errors?: FormErrors }>()
  const errors = fetcher.state === 'idle' ? fetcher.data?.errors : undefined
  const atField = errors && Object.keys(errors.fields).length > 0
  return (
    <Dialog open={open} onOpenChange={(_event, data) => data.open || onClose()}>
      <DialogSurface>
        <fetcher.Form method="post" noValidate>
          {Object.entries(hidden).map(([name, value]) => (
            <input key={name} type="hidden" name={name} value={value} />
          ))}
          <DialogBody>
            <DialogTitle>{title}</DialogTitle>
            <DialogContent className={styles.fields}>
              {errors && !atField ? (
                <Notice intent="error" title="This was refused.">
                  {errors.message}
                </Notice>
              ) : null}
              {children((name) => errors?.fields[name])}
            </DialogContent>
            <DialogActions fluid>
              <Button type="button" onClick={onClose}>
                Cancel
              </Button>
              <Button type="submit" appearance="primary" disabledFocusable={fetcher.state !== 'idle'}>
                {submit}
              </Button>
            </DialogActions>
          </DialogBody>
        </fetcher.Form>
      </DialogSurface>
    </Dialog>
  )
}
