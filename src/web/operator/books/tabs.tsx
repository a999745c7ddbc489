import { PageTabs } from '../../ui/portal-tabs.tsx'

export function InvoiceTabs() {
  return (
    <PageTabs
      label="Invoices"
      tabs={[
        { to: '/operator/invoices', label: 'Documents', end: true },
        { to: '/operator/invoices/write-offs', label: 'Write-offs' },
        { to: '/operator/invoices/returns', label: 'Payments taken back' },
      ]}
    />
  )
}

export function BookTabs() {
  return (
    <PageTabs
      label="Ledger"
      tabs={[
        { to: '/operator/ledger', label: 'Balances' },
        { to: '/operator/aging', label: 'Aging' },
      ]}
    />
  )
}

export function RateTabs() {
  return (
    <PageTabs
      label="Rates and fees"
      tabs={[
        { to: '/operator/rates', label: 'Exchange rates' },
        { to: '/operator/fees', label: 'Store fees' },
      ]}
    />
  )
}
